// SPDX-License-Identifier: BSD-3-Clause
// One TCP connection to the target: its handshake, its options, its numbers; the Sender, the
// Receiver and the Turns that drive it. A session has one at a time, and seldom a second.
#pragma once

#include <cstdint>
#include <span>

#include "common/net/ipv4_flow.hh"
#include "tcpcopy/ports.hh"
#include "tcpcopy/session/client_stream.hh"
#include "tcpcopy/session/ledger.hh"
#include "tcpcopy/session/receiver.hh"
#include "tcpcopy/session/sender.hh"
#include "tcpcopy/session/settings.hh"
#include "tcpcopy/session/turns.hh"

namespace tcpcopy::session {

/// What the client offered when it opened its connection online, or, when its SYN was not seen,
/// what is made up for it.
struct ClientOffer {
  TcpOptions options;  ///< of its SYN
  std::uint16_t syn_window = 65535;
  std::uint32_t window = 0;  ///< bytes: the widest window that it announced
};

/// What a connection reads and writes while it works.
struct Context {
  const Settings& settings;
  PacketSink& packets;
  RouteSink& routes;
  Ledger& ledger;
  Instant now;
};

/// The same with what a connection reads of its session.
struct ConnectionContext : Context {
  const net::Ipv4Flow& flow;  ///< as the target sees it
  const ClientOffer& offer;
  Duration client_rtt;  ///< the client's round trip, to be imitated; zero while it is not known
};

/// An RST that acknowledges nothing (RFC 9293, 3.10.7.1).
/// @param flow as the target sees it.
ReplaySegment reset_segment(const net::Ipv4Flow& flow, Seq<space::Client> seq);

class Connection {
 public:
  enum class State : std::uint8_t { kClosed, kSynSent, kOpen };
  /// What a response did to the connection.
  enum class Event : std::uint8_t { kNone, kOpened, kRefused, kReset };

  /// Where in the client's stream the connection begins.
  struct Start {
    ClientOffset first;         ///< the first byte to be sent
    Seq<space::Client> iss;     ///< the number of the SYN
    OnlineOffset online_acked;  ///< what the client had seen before that byte
  };

  /// Sends the SYN.
  void open(const Start& start, const ConnectionContext& ctx);

  /// Takes a segment of the target. Bytes that it acknowledges are snd_una()'s to tell.
  Event on_response(const Response& response, const ConnectionContext& ctx);

  /// Sends what of the stream may go now.
  void send(const ClientStream& stream, const ConnectionContext& ctx);

  /// Fires the retransmission timer when it is due. @return false when the SYN was sent often
  /// enough: the target does not answer.
  bool on_deadline(const ConnectionContext& ctx);
  /// Sends the ack that is due, unless data carried it. To be called behind send().
  void send_due_ack(const ConnectionContext& ctx);

  Instant deadline() const;

  /// Ends the connection at once, without an answer (RFC 9293, 3.10.5), if it is open.
  void reset(const ConnectionContext& ctx);

  /// Sends a keep-alive probe (RFC 9293, 3.8.4), as the client did online.
  void send_keep_alive(const ConnectionContext& ctx);

  /// The client has acknowledged the online server's SYN: so will we the target's.
  void on_client_ready(Instant now);
  /// The path is back after an outage: sends again what is in flight.
  void on_path_restored(const ConnectionContext& ctx);

  State state() const { return state_; }
  /// The target has sent data on it.
  bool answered() const { return receiver_.highest() > TargetOffset(0); }
  /// The target has sent as much as the online server had when the client acknowledged `acked`.
  bool sent_as_much(OnlineOffset acked) const { return turns_.as_much(acked, receiver_.highest()); }
  bool is_open() const { return state_ == State::kOpen; }
  ClientOffset snd_una() const { return sender_.snd_una(); }
  ClientOffset snd_nxt() const { return sender_.snd_nxt(); }
  /// The client's RST may be sent. REQUIRES: send() was called in this wake-up.
  bool reset_allowed() const { return turns_.reset_allowed(); }
  bool target_closed() const { return receiver_.fin_received(); }
  /// Both directions are closed and acknowledged.
  bool finished() const { return sender_.fin_acked() && receiver_.fin_received(); }
  /// The number that the next connection on these ports may begin with: clear of this one's.
  Seq<space::Client> next_iss() const;
  Duration srtt() const { return sender_.rtt().srtt(); }

 private:
  Event on_syn_sent(const Response& response, const ConnectionContext& ctx);
  void establish(const Response& response, const ConnectionContext& ctx);
  void take_ack(const Response& response, TargetOffset at, bool news, const ConnectionContext& ctx);
  void note_timestamp(const Response& response, TargetOffset at);

  void send_syn(const ConnectionContext& ctx);
  void transmit(const Transmission& segment, const ClientStream& stream,
                const ConnectionContext& ctx);
  void send_bare(std::uint8_t flags, ClientOffset at, const ConnectionContext& ctx);
  ReplaySegment header(std::uint8_t flags, const ConnectionContext& ctx) const;
  void put(const ReplaySegment& segment, std::span<const Bytes> payload,
           const ConnectionContext& ctx);
  std::uint16_t window_field(const ClientOffer& offer) const;

  SequenceMap<space::Client> client_numbers_;
  SequenceMap<space::Target> target_numbers_;
  Sender sender_;
  Receiver receiver_;
  Turns turns_;
  TargetOffset window_from_;  // where the segment stood that announced the window (SND.WL1)
  Instant syn_deadline_ = kNever;
  std::uint32_t ts_zero_ = 0;  // our timestamp clock when the first of these connections was opened
  std::uint32_t ts_recent_ = 0;
  std::uint8_t target_window_shift_ = 0;
  State state_ = State::kClosed;
  std::uint8_t syns_ = 0;
  bool scaled_ = false;      // both sides offered window scaling
  bool timestamps_ = false;  // both sides offered timestamps
  bool sack_ = false;        // both sides permit SACK
  bool client_ready_ = false;
  bool opened_before_ = false;
};

}  // namespace tcpcopy::session
