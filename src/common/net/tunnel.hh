// SPDX-License-Identifier: BSD-3-Clause
// Takes mirrored packets out of the tunnel through which a switch, or a host, sent them here.
#pragma once

#include "tcpcopy/segment.hh"

namespace tcpcopy::net {

/// Tunnels inside of tunnels are followed so deep.
inline constexpr int kMaxTunnels = 2;

/// Understands VXLAN (RFC 7348), GRE (RFC 2784, 2890), ERSPAN types I, II and III inside of GRE,
/// and IP in IP (RFC 2003).
/// @param packet begins at the IPv4 header; it may be cut.
/// @return the packet itself when it is no tunnel's, or a fragment of one; else the innermost IPv4
///   packet; empty when the tunnel is malformed, cut before that packet, or carries none.
Bytes decapsulate(Bytes packet);

}  // namespace tcpcopy::net
