// SPDX-License-Identifier: BSD-3-Clause
// Turn order: what the client sent after it had seen a response is not sent before the target has
// answered what came before. That keeps request/response protocols honest under a slower target.
//
// A turn begins with a chunk that acknowledges more of the online server's bytes than the one
// before. Its gate looks at the target's response to the turn before. That response has begun with
// the first data that the target sent after it had received the whole turn. The gate opens when
//   - it has begun and is as long as what the client had seen of the online server's, or
//   - it has begun, has no gap, ended with PSH or a short segment, and is quiet: for about a round
//     trip when it is nearly as long, for longer than a retransmission takes when it is not, or
//   - all responses together are just as long as online and quiet: some servers answer before they
//     have read the whole request.
// The end of the stream waits like a turn. An RST destroys what the target has not read or sent
// yet, so it waits until all responses together are as long as the online server's, or until the
// target has said nothing for long. It is a preference and never a deadlock: the wait
// is bounded, and each time the bound is reached the session's next bound is half as long, so that
// protocols which talk both ways at once soon flow freely. Turns that are answered in time let it
// grow back.
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
  /// @param acked what the target had received of the client's stream when it sent it.
  /// @param ends_burst it carried PSH or was short.
  void on_response(ClientOffset acked, bool ends_burst, Instant now) {
    response_at_ = now;
    burst_ended_ = ends_burst;
    if (acked >= limit_) begun_ = true;
  }

  /// How the conversation with the target stands.
  struct Progress {
    ClientOffset snd_nxt;
    TargetOffset received;  ///< the end of what the target has sent
    bool gap = false;       ///< some of it is missing
    Duration rtt{0};
  };

  /// Looks how far the stream may be sent now. Wakes the caller at deadline() to ask again.
  /// @param ordered false with -W: requests wait for nothing.
  /// @param ledger where gates are counted that no complete response opened.
  void judge(const ClientStream& stream, const Progress& progress, bool ordered, Instant now,
             Ledger& ledger);

  /// How far the stream may be sent, as judge() found last.
  ClientOffset limit() const { return limit_; }
  /// Whether the client's FIN, or its RST, may be sent. REQUIRES: as for limit().
  bool fin_allowed() const { return fin_allowed_; }
  bool reset_allowed() const { return reset_allowed_; }

  /// Whether all responses together are as long as what the client had seen.
  bool as_much(OnlineOffset acked, TargetOffset received) const {
    return received - TargetOffset(0) >= acked - first_acked_;
  }

  Instant deadline() const { return deadline_; }

 private:
  bool gate_open(OnlineOffset next_acked, const Progress& progress, Instant now, Ledger& ledger);
  bool reset_gate_open(OnlineOffset acked, const Progress& progress, Instant now, Ledger& ledger);
  void judge_end(const StreamEnd& end, const Progress& progress, bool ordered, Instant now,
                 Ledger& ledger);
  void begin_turn(OnlineOffset acked, const Progress& progress);

  ClientOffset limit_;
  OnlineOffset first_acked_;     // what the client had seen before this connection
  OnlineOffset acked_;           // what the client had seen when it began the current turn
  TargetOffset response_start_;  // where the target's response to the current turn begins
  Instant response_at_;
  Instant waiting_since_ = kNever;
  Instant deadline_ = kNever;
  ShortDuration patience_ = shortened(kMaxTurnWait);
  bool begun_ = false;  // the response to the current turn
  bool burst_ended_ = false;
  bool fin_allowed_ = false;
  bool reset_allowed_ = false;
};

}  // namespace tcpcopy::session
