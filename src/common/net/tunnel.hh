// SPDX-License-Identifier: BSD-3-Clause
// Takes packets out of the frames, and out of the tunnels through which a switch, or a host, sent
// them here.
#pragma once

#include <cstddef>

#include "common/net/link_layer.hh"
#include "common/net/packet_parser.hh"
#include "tcpcopy/segment.hh"

namespace tcpcopy::net {

/// A packet as a capture brings it.
struct CapturedPacket {
  Bytes bytes;              ///< from the IPv4 header on; empty where there is none
  std::size_t missing = 0;  ///< bytes that the frame had behind them, and capture has not
  ParseError error = ParseError::kNone;  ///< why there is none
};

/// Takes off the link layer (link_layer.hh), and VXLAN (RFC 7348) with its generic extension,
/// Geneve (RFC 8926), GTP-U (3GPP TS 29.281), MPLS in UDP (RFC 7510) and in IP (RFC 4023), GRE
/// (RFC 2784, 2890), ERSPAN types I, II and III inside of GRE, and IP in IP (RFC 2003, 2473), over
/// IPv4 and IPv6, one in the other, kMaxLayers headers in all.
/// @param frame may be cut.
/// @param missing bytes that it had behind its end.
/// @return the innermost IPv4 packet. A fragment is one, of a tunnel too.
CapturedPacket decapsulate(LinkType type, Bytes frame, std::size_t missing = 0);

}  // namespace tcpcopy::net
