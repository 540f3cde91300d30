// SPDX-License-Identifier: BSD-3-Clause
// Which packets of the target an open connection believes (RFC 9293, 3.10.7.4, with RFC 5961 and
// RFC 7323, 5.3), in the order of Linux.
#pragma once

#include <cstdint>
#include <optional>

#include "tcpcopy/segment.hh"
#include "tcpcopy/session/ledger.hh"

namespace tcpcopy::session {

/// Whether a value of a 32 bit clock is as new as another: the clock wraps.
constexpr bool as_new(std::uint32_t value, std::uint32_t than) {
  return static_cast<std::int32_t>(value - than) >= 0;
}

/// What a connection knows of both directions.
struct Acceptance {
  TargetOffset rcv_nxt;
  TargetOffset last_ack_sent;  ///< what the target knows as rcv_nxt: acks imitate the client's
  TargetOffset right_edge;     ///< the end of what the target may send
  ReplayOffset first;          ///< our first byte
  ReplayOffset snd_una;
  ReplayOffset snd_nxt;
  std::optional<std::uint32_t> ts_recent;  ///< where both sides use timestamps

  /// @param at, acked the segment's numbers, unwrapped.
  /// @return why the segment must not change anything, or nothing.
  std::optional<Refusal> judge(const Response& response, TargetOffset at, ReplayOffset acked) const;

 private:
  std::optional<Refusal> judge_reset(TargetOffset at) const;
};

}  // namespace tcpcopy::session
