// SPDX-License-Identifier: BSD-3-Clause
// A captured packet of a client to the segment that the engine takes.
#pragma once

#include <optional>

#include "common/net/capture_counters.hh"
#include "tcpcopy/segment.hh"

namespace tcpcopy::capture {

/// @param packet begins at the IPv4 header. A packet that was not captured as a whole loses its
///   payload, and its FIN that stands behind: the engine sees a hole where it was, not a part of a
///   request.
/// @param counters count what is malformed, and what was cut.
/// @return nothing when the packet is malformed.
std::optional<ClientSegment> client_segment(Bytes packet, net::CaptureCounters& counters);

}  // namespace tcpcopy::capture
