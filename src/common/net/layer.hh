// SPDX-License-Identifier: BSD-3-Clause
// One header of a frame after the other: what stands next, until it is IP.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/net/packet_parser.hh"
#include "tcpcopy/segment.hh"

namespace tcpcopy::net {

/// What stands next in a frame, and the bytes from there to the frame's end.
struct Layer {
  enum class Kind : std::uint8_t {
    kEthernet,
    kEtherType,  ///< 2 bytes of EtherType, and what they say
    kTag,        ///< of a VLAN, behind its EtherType
    kLlc,        ///< 802.2, with or without SNAP
    kMpls,
    kPppoe,
    kPpp,  ///< begins at the protocol
    kIp,   ///< its first half byte tells the version
    kIpv4,
    kIpv6,
    kNone,  ///< nothing that can be followed: `error` says why
  };

  Kind kind = Kind::kNone;
  Bytes bytes;
  ParseError error = ParseError::kNone;

  static constexpr Layer none(ParseError error) { return {Kind::kNone, {}, error}; }
};

/// The layer that stands behind `header` bytes; that the bytes were cut when there are no more.
constexpr Layer layer_behind(Layer::Kind kind, Bytes bytes, std::size_t header) {
  if (bytes.size() <= header) return Layer::none(ParseError::kTruncated);
  return {kind, bytes.subspan(header)};
}

/// What an EtherType announces behind `header` bytes.
Layer layer_of_ether_type(std::uint16_t type, Bytes bytes, std::size_t header);

/// Takes one header off that stands between the link layer and IP.
/// REQUIRES: it is neither kIp, kIpv4, kIpv6 nor kNone.
Layer next_layer(const Layer& layer);

/// Takes off all of them.
/// @param layers how many headers may still be taken off; is counted down.
/// @return kIpv4, kIpv6 or kNone.
Layer follow_to_ip(Layer layer, int& layers);

}  // namespace tcpcopy::net
