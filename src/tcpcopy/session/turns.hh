// SPDX-License-Identifier: BSD-3-Clause
// Turn order: what the client sent after it had seen a response is not sent before the target has
// answered what came before. That keeps request/response protocols honest under a slower target.
//
// A turn begins with a chunk that acknowledges more of the online server's bytes than the one
// before. The gate to it opens when the target's response to the turn before is
//   - as long as what the client had seen of the online server's, or
//   - begun, ended with PSH or a short segment, and quiet for about a round trip.
// It is a preference and never a deadlock: the wait is bounded, and each time the bound is reached
// the session's next bound is half as long, so that protocols which talk both ways at once soon
// flow freely. Turns that are answered in time let it grow back.
#pragma once

#include <optional>

#include "tcpcopy/segment.hh"
#include "tcpcopy/session/client_stream.hh"
#include "tcpcopy/session/limits.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::session {

class Turns {
 public:
  /// Begins a connection.
  /// @param first the first byte to be sent on it.
  /// @param online_acked what the client had seen of the online server before that byte; for a
  ///   whole connection 0, so that a client which waited for a greeting waits for the target's.
  void open(ClientOffset first, OnlineOffset online_acked);

  /// Notes a segment of the target that brought something new.
  void on_response(bool ends_burst, Instant now) {
    response_at_ = now;
    burst_ended_ = ends_burst;
  }

  /// How the conversation with the target stands.
  struct Progress {
    ClientOffset snd_nxt;
    TargetOffset received;  ///< the end of what the target has sent
    Duration rtt{0};
  };

  /// @return how far the stream may be sent now. Wakes the caller at deadline() to ask again.
  ClientOffset limit(const ClientStream& stream, const Progress& progress, Instant now);

  /// Whether the stream's end may be sent. REQUIRES: limit() was asked in this wake-up.
  bool end_allowed() const { return end_allowed_; }

  Instant deadline() const { return deadline_; }
  std::uint64_t expiries() const { return expiries_; }

 private:
  bool gate_open(OnlineOffset next_acked, const Progress& progress, Instant now);
  void begin_turn(OnlineOffset acked, const Progress& progress);

  ClientOffset limit_;
  OnlineOffset acked_;           // what the client had seen when it began the current turn
  TargetOffset response_start_;  // where the target's response to the current turn begins
  Instant response_at_;
  Instant waiting_since_ = kNever;
  Instant deadline_ = kNever;
  Duration patience_ = kMaxTurnWait;
  std::uint64_t expiries_ = 0;
  bool burst_ended_ = false;
  bool end_allowed_ = false;
};

}  // namespace tcpcopy::session
