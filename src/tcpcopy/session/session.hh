// SPDX-License-Identifier: BSD-3-Clause
// One client connection, replayed: what the client does on one side, a connection to the target on
// the other, and the decisions between them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "common/net/ipv4_flow.hh"
#include "tcpcopy/segment.hh"
#include "tcpcopy/session/client/client_stream.hh"
#include "tcpcopy/session/client/request_boundary.hh"
#include "tcpcopy/session/replay/connection.hh"
#include "tcpcopy/session/timing_wheel.hh"

namespace tcpcopy::session {

/// One of the sessions that a captured connection has: with -n there are several.
struct SourceKey {
  net::Ipv4Flow captured;
  std::uint16_t copy = 0;  ///< 0 for the first

  friend bool operator==(const SourceKey&, const SourceKey&) = default;

  template <typename H>
  friend H AbslHashValue(H state, const SourceKey& key) {
    return H::combine(std::move(state), key.captured, key.copy);
  }
};

class Session : public TimerNode {
 public:
  /// @param source the connection as it was captured, and which of its sessions this is.
  /// @param target the connection as the target sees it: addresses and ports mapped.
  /// @param habits of the target; outlives the session, as does
  /// @param module null when what the client says is what the target hears.
  Session(const SourceKey& source, const net::Ipv4Flow& target, TargetHabits& habits,
          Module* module = nullptr)
      : source_(source), facts_{target, ShortDuration(0), &habits, {}} {
    if (module != nullptr) connection_.use(std::make_unique<Rewriter>(*module));
  }

  /// Takes the first captured segment. A SYN begins the session; anything else joins it in the
  /// middle, where it waits for the next start of a request.
  void begin(const ClientSegment& first, const Context& ctx);

  // The engine's inputs: see engine.hh.
  void on_client_segment(const ClientSegment& segment, const Context& ctx);
  void on_response(const Response& response, const Context& ctx);
  void on_deadline(const Context& ctx);
  Instant next_deadline(const Context& ctx) const;

  /// Responses can come (again): announces this session, starts or resumes it.
  void on_path_restored(const Context& ctx);

  /// The client is taken to have closed now: what is held is sent, then FIN. Ends wait no longer
  /// than they must.
  void drain(const Context& ctx);

  /// The client's ports belong to a new connection: what is held is sent, then RST.
  void on_client_gone(const Context& ctx);

  /// Ends the session; an open connection is reset. What is held is lost for this reason.
  void end(LossReason reason, const Context& ctx);

  bool ended() const { return phase_ == Phase::kEnded; }
  /// Whether the client is known to have closed or aborted.
  bool client_ended() const { return stream_.end() != nullptr; }
  /// Whether the segment, a SYN, is the one that began this session.
  bool began_with(const ClientSegment& syn) const;
  /// Whether such a SYN must be that of a new connection: the one that is replayed has ended, or
  /// has not begun.
  bool makes_way() const { return client_ended() || half_open(); }
  /// Notes a SYN that may be forged (RFC 5961, 4).
  void note_rival(const ClientSegment& syn, const Context& ctx);
  /// @return the SYN that was noted, when this segment shows that its connection is there.
  const ClientSegment* confirmed_rival(const ClientSegment& segment) const;
  /// The client has not completed its handshake.
  bool half_open() const { return from_start_ && !connection_.client_ready() && !client_ended(); }
  /// It ended because its connections were of no use, one after the other.
  bool given_up() const { return given_up_; }
  /// When the client was heard of last.
  Instant last_client_at() const { return last_client_at_; }

  const SourceKey& source() const { return source_; }
  const net::Ipv4Flow& target() const { return facts_.flow; }
  std::uint64_t held_memory() const {
    const Rewriter* module = connection_.rewriter();
    return stream_.held_memory() + (module != nullptr ? module->memory() : 0);
  }
  /// It holds more pieces than a session may.
  std::size_t held_pieces() const { return stream_.chunks(); }
  /// Whether there is something to do without a further packet of the client: a handshake, bytes
  /// to be sent or acknowledged, the end of the connection.
  bool unfinished() const;
  /// Whether its next step waits for the target: a handshake, or bytes that may not be sent yet.
  bool waits_for_target() const;

 private:
  enum class Phase : std::uint8_t {
    kAwaitingRoute,  // no intercept is connected: the SYN waits
    kConnected,      // a connection is being opened, or open
    kSuspended,      // no connection: waits for the start of a request, or for time
    kEnded,
  };

  void take_syn(const ClientSegment& syn, const Context& ctx);
  bool believable(const ClientSegment& segment, ClientOffset at, const Context& ctx);
  void refuse(const ClientSegment& segment, const Context& ctx);
  void take_ack(const ClientSegment& segment, Instant previous_at, const Context& ctx);
  void take_window(const ClientSegment& segment, OnlineOffset acked, Instant now);
  void take_payload(const ClientSegment& segment, ClientOffset at, const Context& ctx);
  void take_end(const ClientSegment& segment, ClientOffset at);
  bool is_keep_alive(const ClientSegment& segment, ClientOffset at) const;

  void advance(const Context& ctx);
  bool module_failed(const Context& ctx);
  void connect(ClientOffset first, const Context& ctx);
  void suspend(LossReason reason, ClientOffset resume_from, const Context& ctx);
  void go_on(LossReason reason, const Context& ctx);
  bool was_of_use(bool reset, Instant now) const;
  void resume(const Context& ctx);
  void skip_hole(const Context& ctx);
  bool wants_new_connection() const;
  bool begins_request(const Chunk& chunk) const;
  bool module_joins(ClientOffset at) const;
  std::optional<ClientOffset> next_boundary(ClientOffset from) const;
  void shed_late(const Context& ctx);
  void settle(const Context& ctx);
  void release(ClientOffset to, const Context& ctx);
  void lose(ClientOffset to, LossReason reason, const Context& ctx);
  void lose_rest(LossReason reason, const Context& ctx);
  void learn_protocol();
  void note_hole(Instant since);
  void note_progress(Instant now);
  Instant hole_patience_ends() const;
  void complete(const Context& ctx);
  void tell(SessionEvent::What what, std::string_view detail, const Context& ctx) const {
    if (ctx.observer == nullptr) return;
    ctx.observer->on_event({what, source_.captured.key(), target().key(), detail});
  }
  void send_observed(const Context& ctx);
  bool outstanding() const;
  bool starves() const;
  bool all_delivered() const { return stream_.complete() && stream_.first() == nullptr; }
  void expect_answer(Instant now);
  Instant expiry(const Settings& settings) const;
  void expire(const Context& ctx);

  // A hole in what was captured.
  struct Hole {
    Instant since;
    Instant went_on_at;  // the client, over the hole: see note_progress()
  };

  // A packet that was far ahead.
  struct Jump {
    ClientOffset at;
    Seq<space::Online> ack;
  };
  static bool confirms(const Jump& jump, const Jump& next);

  // What only a second packet of the client would confirm.
  struct Doubt {
    std::optional<ClientSegment> syn;  // on the same ports
    std::optional<Jump> jump;
  };
  Doubt& doubt();

  Phase phase_ = Phase::kAwaitingRoute;
  std::uint8_t failures_ = 0;  // connections in a row that were of no use
  bool online_known_ : 1 = false;
  bool from_start_ : 1 = false;
  bool connected_once_ : 1 = false;
  bool content_tells_ : 1 = false;  // its requests can be told by their first bytes
  bool nothing_cut_ : 1 = false;  // kSuspended: resume_from_ is where a connection would have begun
  bool hurried_ : 1 = false;      // nothing more comes of the client
  bool given_up_ : 1 = false;
  std::uint8_t head_size_ = 0;
  std::array<std::byte, kRequestStart> head_{};  // the first bytes of the stream
  LossReason suspended_for_ = LossReason::kNoBoundary;
  std::optional<LossReason> damage_;  // the first reason for which bytes were lost

  SourceKey source_;
  SessionFacts facts_;
  SequenceMap<space::Client> client_numbers_;
  SequenceMap<space::Online> online_numbers_;
  ClientStream stream_;
  Connection connection_;

  OnlineOffset online_acked_;  // the most that the client acknowledged online
  ClientOffset resume_from_;   // kSuspended: where a request may begin
  Instant last_client_at_;     // a packet of the client
  Instant target_owes_since_;  // progress of the target, or the first packet it has to answer
  Instant retry_at_ = kNever;  // kSuspended: not before
  Instant first_word_owed_at_ = kNever;  // since when the target's application owes any answer
  std::unique_ptr<Hole> hole_;
  std::unique_ptr<Doubt> doubt_;  // most clients never give reason for any
  Seq<space::Client> iss_;        // last: what SessionNode adds begins in the room behind it
};

}  // namespace tcpcopy::session
