// SPDX-License-Identifier: BSD-3-Clause
// What stands in front of an IP packet in a captured frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "tcpcopy/segment.hh"

namespace tcpcopy::net {

/// The link types that can be captured.
enum class LinkType : std::uint8_t {
  kNull,       ///< BSD loopback: 4 bytes of address family
  kEthernet,   ///< with or without 802.1Q and 802.1ad tags
  kRaw,        ///< begins at the IP header
  kLinuxSll,   ///< Linux cooked capture v1: device "any"
  kLinuxSll2,  ///< Linux cooked capture v2
};

/// The most bytes that stand in front of the IP header: Ethernet with two tags.
inline constexpr std::size_t kMaxLinkHeader = 22;

/// @param dlt what pcap_datalink() says.
/// @return nothing when frames of that type cannot be read.
std::optional<LinkType> link_type(int dlt);

/// @return the frame from the IPv4 header on; empty when it holds no IPv4 packet or is cut before.
Bytes strip_link_layer(LinkType type, Bytes frame);

}  // namespace tcpcopy::net
