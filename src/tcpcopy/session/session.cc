// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/session.hh"

#include <algorithm>

#include "tcpcopy/session/limits.hh"
#include "tcpcopy/session/request_boundary.hh"

namespace tcpcopy::session {

bool Session::began_with(const ClientSegment& syn) const { return from_start_ && syn.seq == iss_; }

void Session::begin(const ClientSegment& first, const Context& ctx) {
  syn_captured_at_ = last_client_at_ = target_owes_since_ = ctx.now;
  look_again_at_ = ctx.now + std::min(ctx.settings.session_timeout, ctx.settings.idle_timeout);
  from_start_ = first.flags.syn();
  offer_.options = first.options;
  if (from_start_) {
    iss_ = first.seq;
    offer_.syn_window = first.window;
    offer_.window = first.window;
    client_numbers_ = SequenceMap<space::Client>(iss_, ClientOffset(-1));
    return;
  }
  // Its SYN was not seen: what it offered is made up, its numbers begin here.
  ++ctx.ledger.joined;
  iss_ = first.seq - 1;
  client_numbers_ = SequenceMap<space::Client>(first.seq, ClientOffset(0));
  offer_.options.mss = ctx.settings.made_up_mss;
  offer_.options.sack_permitted = true;
  offer_.options.window_scale = 7;
  connection_.on_client_ready(ctx.now);
  phase_ = Phase::kSuspended;
}

void Session::on_client_segment(const ClientSegment& segment, const Context& ctx) {
  last_client_at_ = ctx.now;
  if (!outstanding()) target_owes_since_ = ctx.now;
  ctx.ledger.captured += {1, segment.payload_length};
  if (segment.flags.syn()) {
    take_syn(segment, ctx);
    return;
  }
  const ClientOffset at = client_numbers_.unwrap(segment.seq, stream_.contiguous_end());
  if (at - stream_.contiguous_end() > kMaxAhead || at < ClientOffset(-1)) {
    if (segment.payload_length == 0) {
      ++ctx.ledger.control_packets;
    } else {
      ctx.ledger.lose(LossReason::kAbsurdSequence, {1, segment.payload_length});
    }
    return;
  }
  take_ack(segment, ctx);
  if (is_keep_alive(segment, at)) connection_.send_keep_alive(ctx);
  // Behind the client's FIN its numbers are one beyond its bytes.
  stream_.note_sent(stream_.end() ? std::min(at, stream_.end()->at) : at);
  take_payload(segment, at, ctx);
  if (segment.flags.fin() || segment.flags.rst()) take_end(segment, at);
  note_hole(ctx.now);
  advance(ctx);
}

void Session::take_syn(const ClientSegment& syn, const Context& ctx) {
  take_payload(syn, ClientOffset(0), ctx);  // Fast Open's data is stream data like any other
  if (!online_known_) syn_captured_at_ = ctx.now;
  if (phase_ == Phase::kAwaitingRoute) connect(ClientOffset(0), ctx);
}

void Session::take_ack(const ClientSegment& segment, const Context& ctx) {
  if (!segment.flags.ack()) return;
  if (segment.flags.rst() && !online_known_) return;
  if (!online_known_) {
    // The first ack of a whole connection acknowledges the online server's SYN.
    online_known_ = true;
    online_numbers_ = SequenceMap<space::Online>(segment.ack, OnlineOffset(0));
    if (from_start_) {
      rtt_ = ctx.settings.rtt.value_or(ctx.now - syn_captured_at_);
      connection_.set_rtt(rtt_);
    }
  }
  const OnlineOffset acked = online_numbers_.unwrap(segment.ack, online_acked_);
  if (acked > online_acked_) progress_at_ = ctx.now;
  online_acked_ = std::max(online_acked_, acked);
  const std::uint32_t shift = from_start_ ? offer_.options.window_scale.value_or(0) : 0U;
  offer_.window = std::max(offer_.window, std::uint32_t{segment.window} << shift);
  connection_.on_client_ready(ctx.now);
}

void Session::take_payload(const ClientSegment& segment, ClientOffset at, const Context& ctx) {
  Ledger& ledger = ctx.ledger;
  if (segment.payload_length == 0) {
    ++ledger.control_packets;
    return;
  }
  const Account whole{1, segment.payload_length};
  if (stream_.end() && at >= stream_.end()->at) {  // bytes behind a FIN
    ledger.lose(LossReason::kAbsurdSequence, whole);
    return;
  }
  const Chunk::Origin origin{online_acked_, ctx.now, segment.flags.psh()};
  const std::uint32_t inserted = stream_.insert(at, segment.payload, origin);
  if (inserted == 0) {
    ledger.duplicate += whole;
    return;
  }
  learn_protocol();
  ledger.held += {1, inserted};
  ledger.duplicate += {0, segment.payload_length - inserted};
}

// Remembers how the stream began: where it has to be joined again, requests begin alike.
void Session::learn_protocol() {
  if (!from_start_ || head_size_ == head_.size()) return;
  std::array<Bytes, kRequestStart> pieces;
  const ClientOffset at(head_size_);
  const auto left = static_cast<std::uint32_t>(head_.size()) - head_size_;
  const auto gathered = stream_.gather(at, left, pieces);
  for (const Bytes piece : std::span(pieces).first(gathered.pieces)) {
    std::copy(piece.begin(), piece.end(), head_.begin() + head_size_);
    head_size_ = static_cast<std::uint8_t>(head_size_ + piece.size());
  }
  if (looks_like_request(Bytes(head_).first(head_size_))) content_tells_ = true;
}

void Session::take_end(const ClientSegment& segment, ClientOffset at) {
  const ClientOffset end_at = at + segment.payload_length;
  if (segment.flags.fin()) stream_.set_fin(end_at, online_acked_);
  if (segment.flags.rst()) stream_.set_reset(end_at, online_acked_);
}

// RFC 9293, 3.8.4: one before what the online server expects, with no byte or an old one.
bool Session::is_keep_alive(const ClientSegment& segment, ClientOffset at) const {
  return segment.payload_length <= 1 && at + 1 == stream_.contiguous_end() && !stream_.has_hole() &&
         stream_.first() == nullptr && !segment.flags.fin();
}

void Session::note_hole(Instant now) {
  if (!stream_.has_hole()) {
    hole_since_ = kNever;
  } else if (hole_since_ == kNever) {
    hole_since_ = now;
  }
}

// When a hole is taken for what capture has missed. That the client sees new responses is a sign
// that the online server has the bytes; silence may be a retransmission that was lost as well.
Instant Session::hole_patience_ends() const {
  if (hole_since_ == kNever) return kNever;
  const bool goes_on = progress_at_ >= hole_since_ + kHoleProof;
  return hole_since_ + (goes_on ? std::max(kHolePatience, 6 * rtt_) : kMaxHolePatience);
}

void Session::connect(ClientOffset first, const Context& ctx) {
  if (!ctx.routes.add_route(target_)) {
    phase_ = Phase::kAwaitingRoute;
    resume_from_ = first;
    return;
  }
  Connection::Start start;
  start.first = first;
  start.iss = connected_once_ ? connection_.next_iss() : client_numbers_.wrap(first - 1);
  // Behind the start of the stream only what the client sees from now on counts.
  const bool whole = first == ClientOffset(0) && from_start_;
  const Chunk* chunk = stream_.find(first);
  if (chunk != nullptr && request_begins_at(stream_, *chunk)) content_tells_ = true;
  start.online_acked =
      whole ? OnlineOffset(0) : (chunk != nullptr ? chunk->origin().online_acked : online_acked_);
  start.rtt = rtt_;
  if (connected_once_) ++ctx.ledger.reconnects;
  connected_once_ = true;
  phase_ = Phase::kConnected;
  target_owes_since_ = ctx.now;
  connection_.open(target_, start, offer_, ctx);
}

void Session::on_response(const Response& response, const Context& ctx) {
  target_owes_since_ = ctx.now;
  ++ctx.ledger.responses;
  ctx.ledger.response_bytes += response.payload_length;
  if (phase_ != Phase::kConnected) return;
  switch (connection_.on_response(response, ctx)) {
    case Connection::Event::kRefused:
      on_connection_failed(LossReason::kTargetRefused, ctx);
      return;
    case Connection::Event::kReset:
      release(connection_.snd_una(), ctx);
      on_connection_failed(LossReason::kTargetReset, ctx);
      return;
    case Connection::Event::kOpened:
    case Connection::Event::kNone:
      break;
  }
  release(connection_.snd_una(), ctx);
  advance(ctx);
}

// The stream goes on with a new connection: at once when the old one was of use, with back-off when
// the target, or somebody on the way, ends one after the other.
void Session::on_connection_failed(LossReason reason, const Context& ctx) {
  if (connection_.answered()) failures_ = 0;
  const ClientOffset next = connection_.snd_nxt();
  if (!connection_.answered() && ++failures_ > kMaxFailures) {
    end(reason, ctx);
    return;
  }
  suspend(reason, next, ctx);
  if (failures_ > 0) retry_at_ = ctx.now + kInitialRto * (1 << (failures_ - 1));
  advance(ctx);
}

void Session::release(ClientOffset to, const Context& ctx) {
  const Account delivered = stream_.release_to(std::min(to, stream_.contiguous_end()));
  ctx.ledger.held -= delivered;
  ctx.ledger.delivered += delivered;
}

void Session::lose(ClientOffset to, LossReason reason, const Context& ctx) {
  const Account lost = stream_.release_to(to);
  if (lost.bytes > 0 && !damage_) damage_ = reason;
  ctx.ledger.held -= lost;
  ctx.ledger.lose(reason, lost);
}

void Session::lose_rest(LossReason reason, const Context& ctx) {
  const Account lost = stream_.release_all();
  ctx.ledger.held -= lost;
  ctx.ledger.lose(reason, lost);
}

// The one place that decides what comes next, after any input.
void Session::advance(const Context& ctx) {
  if (ended()) return;
  if (phase_ == Phase::kAwaitingRoute) return;
  if (phase_ == Phase::kSuspended) {
    resume(ctx);
    return;
  }
  if (connection_.is_open()) {
    if (connection_.target_closed() && reconnect_for_new_turn(ctx)) return;
    connection_.send(stream_, ctx);
    settle(ctx);
  }
}

// The target has closed, the client goes on: a real client would open a new connection for its
// next request. Bytes in the middle of a request stay on the old one, which may be half-closed.
bool Session::reconnect_for_new_turn(const Context& ctx) {
  const ClientOffset next = connection_.snd_nxt();
  const Chunk* chunk = stream_.find(next);
  const bool all_acked = connection_.snd_una() == next;
  if (chunk == nullptr || chunk->begin() != next || !all_acked) return false;
  if (!chunk->starts_turn() || (content_tells_ && !request_begins_at(stream_, *chunk)))
    return false;
  connection_.reset(ctx);
  connect(next, ctx);
  return true;
}

// Whether both sides are done with the connection.
void Session::settle(const Context& ctx) {
  if (connection_.finished()) {
    connection_.send_due_ack(ctx);
    complete(ctx);
    return;
  }
  const bool client_reset = stream_.complete() && stream_.end()->reset;
  if (client_reset && connection_.snd_una() >= stream_.end()->at && connection_.reset_allowed()) {
    connection_.reset(ctx);
    complete(ctx);
  }
}

void Session::suspend(LossReason reason, ClientOffset resume_from, const Context& ctx) {
  connection_.reset(ctx);
  phase_ = Phase::kSuspended;
  resume_from_ = resume_from;
  retry_at_ = kNever;
  // What was sent and not acknowledged died with the connection.
  lose(std::min(resume_from, stream_.contiguous_end()), reason, ctx);
  suspended_for_ = reason;
  if (stream_.complete() && stream_.first() == nullptr) complete(ctx);
}

void Session::resume(const Context& ctx) {
  if (retry_at_ != kNever && ctx.now < retry_at_) return;
  retry_at_ = kNever;
  // A connection that was refused took no bytes: it begins where it would have begun.
  const bool nothing_cut = suspended_for_ == LossReason::kTargetRefused;
  std::optional<ClientOffset> boundary;
  if (nothing_cut) {
    boundary = resume_from_;
  } else {
    boundary = next_request_boundary(stream_, resume_from_, content_tells_);
  }
  if (boundary) {
    lose(*boundary, suspended_for_, ctx);
    connect(*boundary, ctx);
    return;
  }
  // Bytes before the next boundary can never be used.
  lose(stream_.contiguous_end(), suspended_for_, ctx);
  if (stream_.complete()) complete(ctx);
}

// What is missing never comes: the connection ends, and the stream goes on behind the hole.
void Session::skip_hole(const Context& ctx) {
  hole_since_ = kNever;
  const Chunk* chunk = stream_.first();
  while (chunk != nullptr && chunk->begin() < stream_.contiguous_end())
    chunk = chunk->next();
  if (chunk == nullptr && stream_.seen_end() == stream_.contiguous_end() + 1) {
    stream_.set_fin(stream_.contiguous_end(), online_acked_);  // one number, no byte: a missed FIN
    advance(ctx);
    return;
  }
  const ClientOffset behind = chunk != nullptr ? chunk->begin() : stream_.seen_end();
  if (!damage_) damage_ = LossReason::kCaptureHole;
  suspended_for_ = LossReason::kCaptureHole;
  if (phase_ == Phase::kConnected) connection_.reset(ctx);
  phase_ = Phase::kSuspended;
  retry_at_ = kNever;
  failures_ = 0;
  lose(stream_.contiguous_end(), LossReason::kCaptureHole, ctx);
  stream_.release_to(behind);
  resume_from_ = behind;
  note_hole(ctx.now);
  resume(ctx);
}

void Session::on_deadline(const Context& ctx) {
  if (ended()) return;
  if (ctx.now >= expiry(ctx)) {
    end(outstanding() ? LossReason::kTargetSilent : LossReason::kIdle, ctx);
    return;
  }
  if (ctx.now >= look_again_at_) {
    look_again_at_ = ctx.now + std::min(ctx.settings.session_timeout, ctx.settings.idle_timeout);
  }
  if (ctx.now >= hole_patience_ends()) {
    skip_hole(ctx);
    if (ended()) return;
  }
  if (phase_ == Phase::kConnected && !connection_.on_deadline(ctx)) {
    end(LossReason::kNoHandshake, ctx);
    return;
  }
  advance(ctx);
  if (!ended() && phase_ == Phase::kConnected) connection_.send_due_ack(ctx);
}

// Whether the target owes an answer.
bool Session::outstanding() const {
  return phase_ == Phase::kAwaitingRoute || stream_.first() != nullptr || stream_.complete();
}

bool Session::unfinished() const {
  if (ended()) return false;
  if (phase_ == Phase::kAwaitingRoute || stream_.complete()) return true;
  if (phase_ == Phase::kConnected && !connection_.is_open()) return true;
  const Chunk* first = stream_.first();  // behind a hole it waits for its client
  return first != nullptr && first->begin() < stream_.contiguous_end();
}

Instant Session::expiry(const Context& ctx) const {
  if (outstanding()) {
    return target_owes_since_ + ctx.settings.session_timeout;
  }
  return last_client_at_ + ctx.settings.idle_timeout;
}

Instant Session::next_deadline() const {
  Instant deadline = std::min({look_again_at_, retry_at_, hole_patience_ends()});
  if (phase_ == Phase::kConnected) deadline = std::min(deadline, connection_.deadline());
  return deadline;
}

void Session::on_route_restored(const Context& ctx) {
  if (phase_ == Phase::kAwaitingRoute) {
    connect(resume_from_, ctx);
  } else if (phase_ == Phase::kConnected && ctx.routes.add_route(target_)) {
    connection_.on_path_restored(ctx);
  }
  advance(ctx);
}

void Session::drain(const Context& ctx) {
  // A hole is not filled any more. Behind it the stream goes on when what stands before has gone.
  if (stream_.has_hole()) {
    if (!unfinished()) skip_hole(ctx);
    if (ended() || stream_.has_hole()) return;
  }
  stream_.set_fin(stream_.contiguous_end(), online_acked_);
  advance(ctx);
}

void Session::on_client_gone(const Context& ctx) {
  stream_.set_reset(stream_.contiguous_end(), online_acked_);
  advance(ctx);
}

void Session::complete(const Context& ctx) {
  if (damage_) {
    end(*damage_, ctx);
    return;
  }
  release(stream_.contiguous_end(), ctx);
  lose_rest(LossReason::kAbsurdSequence, ctx);  // bytes behind the FIN that came before it
  phase_ = Phase::kEnded;
  ++ctx.ledger.sessions_completed;
  --ctx.ledger.sessions_live;
}

void Session::end(LossReason reason, const Context& ctx) {
  if (ended()) return;
  connection_.reset(ctx);
  lose_rest(reason, ctx);
  phase_ = Phase::kEnded;
  ++ctx.ledger.sessions_lost[static_cast<std::size_t>(damage_.value_or(reason))];
  --ctx.ledger.sessions_live;
}

}  // namespace tcpcopy::session
