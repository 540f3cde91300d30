// SPDX-License-Identifier: BSD-3-Clause
// What stands in front of an IP packet in a captured frame: the device's header, and between that
// and IP tags of VLANs (802.1Q, 802.1ad, and the types that were used before), MPLS labels
// (RFC 3032, 4385), PPPoE (RFC 2516), PPP (RFC 1661) and LLC with SNAP (RFC 1042).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/net/bytes.hh"
#include "common/net/layer.hh"
#include "tcpcopy/segment.hh"

namespace tcpcopy::net {

/// The link types that can be captured.
enum class LinkType : std::uint8_t {
  kNull,  ///< BSD loopback, OpenBSD's too: 4 bytes of address family
  kEthernet,
  kRaw,               ///< begins at the IP header
  kLinuxSll,          ///< Linux cooked capture v1: device "any"
  kLinuxSll2,         ///< Linux cooked capture v2
  kPpp,               ///< with the bytes of HDLC in front (RFC 1662), or without
  kPppWithDirection,  ///< the same behind a byte that tells who sent it
  kPppd,              ///< pppd's, which has its direction in place of HDLC's address
  kPppoe,
  kCiscoHdlc,
  kCiscoHdlcWithDirection,
  kMpls,
  kEncrypted,  ///< OpenBSD's enc: what IPsec carries, behind 12 bytes
  kNflog,      ///< Linux's netfilter log: attributes, of which one is the packet
};

/// The most bytes that stand in front of the IP header of a captured frame of which nothing but the
/// headers is captured: Ethernet with six tags or labels.
inline constexpr std::size_t kMaxLinkHeader = 38;

inline constexpr std::size_t kEthernetHeader = 14;
inline constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;

/// Headers in front of the innermost IP header are followed so far, tunnels' included.
inline constexpr int kMaxLayers = 16;

/// @param type what pcap_datalink() says, or a capture file (LINKTYPE_…).
/// @return nothing when frames of that type cannot be read.
std::optional<LinkType> link_type(int type);

/// Whether a frame is what nearly all are: Ethernet's header, and IPv4 right behind it.
constexpr bool is_plain_ipv4(LinkType type, Bytes frame) {
  return type == LinkType::kEthernet && frame.size() > kEthernetHeader &&
         load_be16(&frame[kEthernetHeader - 2]) == kEtherTypeIpv4;
}

/// The first layer of a frame.
Layer link_header(LinkType type, Bytes frame);

/// @return the frame from the IPv4 header on; empty when it holds no IPv4 packet or is cut before.
Bytes strip_link_layer(LinkType type, Bytes frame);

}  // namespace tcpcopy::net
