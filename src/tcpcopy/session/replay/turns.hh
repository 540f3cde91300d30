// SPDX-License-Identifier: BSD-3-Clause
// Turn order: what the client sent after it had seen a response is not sent before the target has
// answered what came before. That keeps request/response protocols honest under a slower target.
//
// A turn begins with a chunk that acknowledges more of the online server's bytes than the one
// before. Its gate looks at the target's answer to the turn before, which has begun with the first
// data that the target sent after it had received that whole turn. A client knows not how long
// production's answer was; it goes on when its own is there. So the gate opens when
//   - the answer has begun and is just as long as what the client had seen: a shortcut, for targets
//     that answer as production did; or
//   - it has begun, has no gap, and the target is quiet: for as long as its pauses within answers
//     are (target_habits.hh); or
//   - all answers together are just as long as online and the target is quiet: some servers answer
//     before they have read the whole request; or
//   - it does not begin in the time that this target's answers take, as far as is known.
// To go on too early costs little, since the request waits in the target's socket; to stall costs
// the replay. Each wait that ends without an answer halves the next one of the session, and answers
// let it grow back.
//
// Where both sides talk at once (HTTP/2 and its flow control, WebSocket, subscriptions) a gate has
// no meaning. Such a session is told by waits that were in vain, the target having sent as much
// already as the client had seen; its gates stay open until many in a row look like turns again.
//
// An end waits longer than a request, because a server that sees it early gives up its answer, and
// nothing stands behind it: a FIN for the answer that the client saw, an RST for all that the
// client saw, since it destroys what the target has not read or sent yet. Behind a FIN it waits for
// what the target says to that.
#pragma once

#include <cstdint>
#include <optional>

#include "tcpcopy/segment.hh"
#include "tcpcopy/session/client/client_stream.hh"
#include "tcpcopy/session/limits.hh"
#include "tcpcopy/session/replay/target_habits.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::session {

class Turns {
 public:
  /// Begins a connection.
  /// @param first the first byte to be sent on it.
  /// @param online_acked what the client had seen of the online server before that byte; for a
  ///   whole connection 0, so that a client which waited for a greeting waits for the target's.
  void open(ClientOffset first, OnlineOffset online_acked);

  /// A segment of the target that brought something new.
  struct Arrival {
    ClientOffset acked;        ///< what the target had received of the client's stream
    bool ends_burst = false;   ///< it carried PSH or was short
    bool acks_news = false;    ///< it is the first that acknowledges so much
    Duration network_pause{};  ///< pauses up to this are the network's, not the target's
  };
  void on_response(const Arrival& arrival, TargetHabits& habits, Instant now);

  /// The stream was sent up to here. @return whether that was the first of a turn to be sent whole.
  bool on_sent(ClientOffset snd_nxt, Instant now);

  /// How the conversation with the target stands.
  struct Progress {
    ClientOffset snd_nxt;
    TargetOffset received;     ///< the end of what the target has sent
    bool gap = false;          ///< some of it is missing
    bool closed = false;       ///< it has closed: no answer comes any more
    bool hurried = false;      ///< ends wait no longer than they must: see Session::drain()
    Duration network_pause{};  ///< as in Arrival
    bool unasked = false;      ///< of the current turn nothing was sent: a module left it out
  };

  /// Looks how far the stream may be sent now. Wakes the caller at deadline() to ask again.
  /// @param ordered false with -W: requests wait for nothing.
  /// @param ledger where gates are counted that no complete response opened.
  void judge(const ClientStream& stream, const Progress& progress, bool ordered,
             TargetHabits& habits, Instant now, Ledger& ledger);

  /// Goes on at `to` instead of where it stands: what lies between is given up.
  /// REQUIRES: everything before limit() was sent, and nothing beyond it.
  void skip_to(ClientOffset to) { limit_ = to; }

  /// What stands before `to` goes with the current turn: the rest of a message that began in it.
  void extend(ClientOffset to);

  /// Where the current turn begins.
  ClientOffset begin() const { return turn_begin_; }
  /// How far the stream may be sent, as judge() found last.
  ClientOffset limit() const { return limit_; }
  /// Whether the client's FIN, or its RST, may be sent. REQUIRES: as for limit().
  bool fin_allowed() const { return fin_allowed_; }
  bool reset_allowed() const { return reset_allowed_; }

  /// Whether all responses together are as long as what the client had seen.
  bool as_much(OnlineOffset acked, TargetOffset received) const {
    return received - TargetOffset(0) >= acked - first_acked_;
  }

  /// Turns that the target has answered, up to 255.
  std::uint8_t answered() const { return answered_; }

  /// Whether the client has seen more than when it began the current turn, and that was sent.
  bool owed(OnlineOffset online_acked) const {
    return asked_at_ != kNever && online_acked > acked_;
  }

  Instant deadline() const { return deadline_; }

 private:
  bool gate_open(const Chunk::Origin& next, const Progress& progress, TargetHabits& habits,
                 Instant now, Ledger& ledger);
  bool end_gate_open(OnlineOffset acked, bool reset, const Progress& progress, TargetHabits& habits,
                     Instant now, Ledger& ledger);
  void judge_end(const StreamEnd& end, const Progress& progress, bool ordered, TargetHabits& habits,
                 Instant now, Ledger& ledger);
  void begin_turn(OnlineOffset acked, const Progress& progress);
  Instant quiet_at(const Progress& progress, const TargetHabits& habits) const;
  Instant patience_ends(const TargetHabits& habits, Instant now) const;
  void note_order();
  bool two_way() const { return two_way_ >= kTwoWay; }

  // Evidence that both sides talk at once: a wait in vain adds a half of what it takes, a gate that
  // looks like a turn takes one away.
  static constexpr std::uint8_t kTwoWay = 32;
  static constexpr std::uint8_t kMostTwoWay = 2 * kTwoWay;

  ClientOffset limit_;
  ClientOffset turn_begin_;      // where the current turn begins
  OnlineOffset first_acked_;     // what the client had seen before this connection
  OnlineOffset acked_;           // what the client had seen when it began the current turn
  TargetOffset response_start_;  // where the target's response to the current turn begins
  Instant response_at_;
  Instant asked_at_ = kNever;  // when the current turn had been sent
  Instant waiting_since_ = kNever;
  Instant deadline_ = kNever;
  ShortDuration patience_ = shortened(kMaxTurnWait);
  std::uint8_t two_way_ = 0;
  std::uint8_t answered_ = 0;
  bool asking_ : 1 = false;  // the current turn may be sent, and was not, or not all of it
  bool sent_ : 1 = false;    // the current turn, or what was known of it
  bool begun_ : 1 = false;   // the response to the current turn
  bool early_ : 1 = false;   // the target spoke when it had received a part of the current turn
  bool speaks_early_ : 1 = false;  // it did so in the last turn that it answered
  bool burst_ended_ : 1 = false;
  // The response to the turn before, because the target was quiet.
  bool taken_for_over_ : 1 = false;
  bool answer_missing_ : 1 = false;  // some turn was not answered: what comes may be that answer
  bool was_early_ : 1 = false;       // the last gate opened before the silence that it asks for
  bool fin_allowed_ : 1 = false;
  bool fin_answered_ : 1 = false;  // the target sent something after it had received the FIN
  bool reset_allowed_ : 1 = false;
};

}  // namespace tcpcopy::session
