// SPDX-License-Identifier: BSD-3-Clause
// One TCP connection to the target: its handshake, its options, its numbers; the Sender, the
// Receiver and the Turns that drive it. A session has one at a time, and seldom a second.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

#include "common/net/ipv4_flow.hh"
#include "tcpcopy/segment.hh"
#include "tcpcopy/session/client/client_stream.hh"
#include "tcpcopy/session/context.hh"
#include "tcpcopy/session/replay/acceptance.hh"
#include "tcpcopy/session/replay/receiver.hh"
#include "tcpcopy/session/replay/sender.hh"
#include "tcpcopy/session/replay/stream_map.hh"
#include "tcpcopy/session/replay/target_habits.hh"
#include "tcpcopy/session/replay/turns.hh"

namespace tcpcopy::session {

/// What the client offered when it opened its connection online, or, when its SYN was not seen,
/// what is made up for it.
struct ClientOffer {
  TcpOptions options;  ///< of its SYN
  std::uint16_t syn_window = 65535;
  std::uint32_t window = 0;  ///< bytes: the window that it announced last
};

/// What a connection reads of its session.
struct SessionFacts {
  net::Ipv4Flow flow;           ///< as the target sees it
  ShortDuration client_rtt{0};  ///< to be imitated; zero while it is not known
  TargetHabits* habits;         ///< outlives the session
  ClientOffer offer;
};

/// An RST that acknowledges nothing (RFC 9293, 3.10.7.1).
/// @param flow as the target sees it.
ReplaySegment reset_segment(const net::Ipv4Flow& flow, Seq<space::Replay> seq);

class Connection {
 public:
  enum class State : std::uint8_t { kClosed, kSynSent, kOpen };
  /// What a response did to the connection.
  enum class Event : std::uint8_t { kNone, kOpened, kRefused, kReset };

  /// Where in the client's stream the connection begins.
  struct Start {
    ClientOffset first;         ///< the first byte to be sent
    Seq<space::Replay> iss;     ///< the number of the SYN
    OnlineOffset online_acked;  ///< what the client had seen before that byte
    bool whole = false;         ///< it is the first that the client said
  };

  /// What the target is told is what this writes. REQUIRES: it was not opened.
  void use(std::unique_ptr<Rewriter> rewriter) { stream_map_.use(std::move(rewriter)); }
  /// Null without a module.
  const Rewriter* rewriter() const { return stream_map_.rewriter(); }

  /// Sends the SYN.
  void open(const Start& start, const SessionFacts& facts, const Context& ctx);

  /// Takes a segment of the target. Bytes that it acknowledges are snd_una()'s to tell.
  Event on_response(const Response& response, const SessionFacts& facts, const Context& ctx);

  /// Sends what of the stream may go now.
  /// @param hurried ends do not wait long: see Session::drain().
  void send(const ClientStream& stream, bool hurried, const SessionFacts& facts,
            const Context& ctx);

  /// Fires the retransmission timer when it is due. @return false when the SYN was sent often
  /// enough: the target does not answer.
  bool on_deadline(const SessionFacts& facts, const Context& ctx);
  /// Sends the ack that is due, unless data carried it. To be called behind send().
  void send_due_ack(const SessionFacts& facts, const Context& ctx);

  Instant deadline() const;

  /// Ends the connection at once, without an answer (RFC 9293, 3.10.5), if it is open.
  void reset(const SessionFacts& facts, const Context& ctx);

  /// Sends a keep-alive probe (RFC 9293, 3.8.4), as the client did online.
  void send_keep_alive(const SessionFacts& facts, const Context& ctx);

  /// The client has acknowledged the online server's SYN: so will we the target's.
  void on_client_ready(Instant now);
  bool client_ready() const { return client_ready_; }
  /// The client has announced a window. One that had kept the target from sending, and does so no
  /// longer, is announced to it.
  void on_client_window(std::uint32_t window, Instant now);
  /// Goes on in the client's stream at `to`: the numbers do not show what was left out.
  /// REQUIRES: idle().
  void skip_to(ClientOffset to);
  /// The path is back after an outage: sends again what is in flight.
  void on_path_restored(const SessionFacts& facts, const Context& ctx);

  State state() const { return state_; }
  /// Where the client's stream was joined by it, what was left out since counted too.
  ClientOffset first() const { return stream_map_.first(first_); }
  /// Everything that may be sent was, and is acknowledged.
  bool idle() const {
    return is_open() && sender_.in_flight() == 0 && snd_nxt() == turns_.limit() &&
           !sender_.fin_sent();
  }
  /// Whether the client's bytes were of use to the target: it took some and said something behind
  /// them, or closed in order behind all of them.
  bool of_use() const {
    const bool all = sender_.in_flight() == 0;
    return snd_una() > first() && (answered_ || (target_closed() && all));
  }
  /// Turns that the target has answered, up to 255.
  std::uint8_t turns_answered() const { return turns_.answered(); }
  /// The target has said nothing at all, though the client has seen an answer to what it was sent.
  bool owes_first_word(OnlineOffset online_acked) const {
    return is_open() && received_end() == TargetOffset(0) && turns_.owed(online_acked);
  }
  /// All that has come of the target, its FIN included.
  TargetOffset received() const { return receiver_.rcv_nxt(); }
  /// The end of what has come of the target, in any order.
  TargetOffset received_end() const { return receiver_.highest(); }
  /// The target has sent as much as the online server had when the client acknowledged `acked`.
  bool sent_as_much(OnlineOffset acked) const { return turns_.as_much(acked, receiver_.highest()); }
  /// The client had seen just what the target has sent, its FIN included: what it sent then, it
  /// sent on a connection that was half-closed online too.
  bool half_closed_online(OnlineOffset acked) const {
    return target_closed() && turns_.as_much(acked, received()) &&
           !turns_.as_much(acked, received() - 1);
  }
  bool is_open() const { return state_ == State::kOpen; }
  /// Of the client's stream: what the target has acknowledged, and what was sent.
  ClientOffset snd_una() const { return stream_map_.to_client(sender_.snd_una()); }
  ClientOffset snd_nxt() const { return stream_map_.to_client(sender_.snd_nxt()); }
  /// The client's RST may be sent. REQUIRES: send() was called in this wake-up.
  bool reset_allowed() const { return turns_.reset_allowed(); }
  bool target_closed() const { return receiver_.fin_received(); }
  bool fin_sent() const { return sender_.fin_sent(); }
  /// Both directions are closed and acknowledged.
  bool finished() const { return sender_.fin_acked() && receiver_.fin_received(); }
  /// The number that the next connection on these ports may begin with: clear of this one's.
  Seq<space::Replay> next_iss() const;
  Duration srtt() const { return sender_.rtt().srtt(); }

 private:
  Event on_syn_sent(const Response& response, const SessionFacts& facts, const Context& ctx);
  Event on_open(const Response& response, const SessionFacts& facts, const Context& ctx);
  Acceptance acceptance() const;
  void refuse(Refusal refusal, const Context& ctx);
  void challenge(Instant now);
  Duration network_pause(const SessionFacts& facts) const;
  void establish(const Response& response, const SessionFacts& facts, const Context& ctx);
  void take_ack(const Response& response, TargetOffset at, bool news, const Context& ctx);
  void note_answer(const Response& response, ReplayOffset acked, const Context& ctx);
  void note_timestamp(const Response& response, TargetOffset at);

  void send_syn(const SessionFacts& facts, const Context& ctx);
  void transmit(const Transmission& segment, const ClientStream& stream, const SessionFacts& facts,
                const Context& ctx);
  void send_bare(std::uint8_t flags, ReplayOffset at, const SessionFacts& facts,
                 const Context& ctx);
  ReplaySegment header(std::uint8_t flags, const SessionFacts& facts, const Context& ctx);
  void put(const ReplaySegment& segment, std::span<const Bytes> payload, const Context& ctx);
  void tell_module(const Response& response, TargetOffset at, ReplayOffset acked, Instant now);
  void rewrite(const ClientStream& stream, const Context& ctx);
  /// What may be sent now, as the turns have it, and the module.
  Sender::Offer offer() const {
    const Rewriter* rewriter = stream_map_.rewriter();
    if (rewriter == nullptr) return {stream_map_.to_replay(turns_.limit()), turns_.fin_allowed()};
    const Edits& edits = rewriter->edits();
    // A SYN alone may be nobody's: no preamble is said for it.
    if (!client_ready_) return {first_, false};
    return {edits.written(), turns_.fin_allowed() && edits.read() >= turns_.limit()};
  }
  std::uint16_t window_field(const ClientOffer& offer, TargetOffset ack);

  SequenceMap<space::Replay> replay_numbers_;
  SequenceMap<space::Target> target_numbers_;
  Sender sender_;
  Receiver receiver_;
  Turns turns_;
  StreamMap stream_map_;
  ReplayOffset first_;
  TargetOffset window_from_;  // where the segment stood that announced the window (SND.WL1)
  TargetOffset right_edge_;   // the end of what the target may send: it never moves back
  Instant syn_deadline_ = kNever;
  std::uint32_t ts_zero_ = 0;  // our timestamp clock when the first of these connections was opened
  std::uint32_t ts_recent_ = 0;
  std::uint32_t challenged_at_ = 0;  // the last challenge ACK, on the clock of our timestamps
  std::uint8_t target_window_shift_ = 0;
  State state_ = State::kClosed;
  std::uint8_t syns_ = 0;
  std::uint8_t timeouts_ = 0;  // in a row
  bool answered_ = false;      // the target said something behind bytes of the client
  bool asked_ = false;         // bytes were sent, once, and the target has said nothing since
  bool scaled_ = false;        // both sides offered window scaling
  bool timestamps_ = false;    // both sides offered timestamps
  bool sack_ = false;          // both sides permit SACK
  bool client_ready_ = false;
  bool opened_before_ = false;
};

}  // namespace tcpcopy::session
