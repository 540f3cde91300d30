// SPDX-License-Identifier: BSD-3-Clause
// A captured packet of a client to the segment that the engine takes.
#pragma once

#include <cstdint>
#include <optional>

#include "common/net/capture_counters.hh"
#include "common/net/tunnel.hh"
#include "tcpcopy/segment.hh"

namespace tcpcopy::capture {

struct CapturedSegment {
  ClientSegment segment;
  std::uint32_t cut = 0;  ///< bytes of payload that it lost
};

/// A packet that was not captured as a whole loses its payload, and its FIN that stands behind. It
/// becomes an ack behind that payload: the engine sees a hole, not a part of a request. The text of
/// a RST is nothing of the stream (RFC 9293, 3.5.3).
/// @param counters count what is malformed.
/// @return nothing when the packet is malformed.
std::optional<CapturedSegment> client_segment(const net::CapturedPacket& packet,
                                              net::CaptureCounters& counters);

/// Whether a whole packet has a checksum that is wrong, and does not look as one that was left to a
/// device: then it is the pseudo header's (RFC 9293, 3.1), with its length or without. A capture
/// may have been altered behind its recording, so that it proves nothing.
/// REQUIRES: client_segment() took it.
bool has_bad_checksum(const net::CapturedPacket& packet);

}  // namespace tcpcopy::capture
