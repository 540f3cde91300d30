// SPDX-License-Identifier: BSD-3-Clause
// The target's side of a session: its connections, one after the other.
#include "tcpcopy/session/session.hh"

#include <algorithm>

#include "tcpcopy/session/client/request_boundary.hh"
#include "tcpcopy/session/limits.hh"

namespace tcpcopy::session {

void Session::connect(ClientOffset first, const Context& ctx) {
  if (!ctx.routes.announce(facts_.flow.key())) {
    phase_ = Phase::kAwaitingRoute;
    resume_from_ = first;
    return;
  }
  Connection::Start start;
  start.first = first;
  // The first connection begins with the client's own number.
  start.iss = connected_once_ ? connection_.next_iss()
                              : Seq<space::Replay>(client_numbers_.wrap(first - 1).raw);
  // Behind the start of the stream only what the client sees from now on counts.
  const bool whole = first == ClientOffset(0) && from_start_;
  start.whole = whole;
  const Chunk* chunk = stream_.find(first);
  if (chunk != nullptr && request_begins_at(stream_, *chunk)) content_tells_ = true;
  start.online_acked =
      whole ? OnlineOffset(0) : (chunk != nullptr ? chunk->origin().online_acked : online_acked_);
  if (connected_once_) ++ctx.ledger.reconnects;
  connected_once_ = true;
  phase_ = Phase::kConnected;
  target_owes_since_ = ctx.now;
  first_word_owed_at_ = kNever;
  connection_.open(start, facts_, ctx);
}

void Session::on_response(const Response& response, const Context& ctx) {
  ++ctx.ledger.responses;
  ctx.ledger.response_bytes += response.payload_length;
  if (phase_ != Phase::kConnected) return;
  const ClientOffset una = connection_.snd_una();
  const TargetOffset received = connection_.received_end();
  const Connection::Event event = connection_.on_response(response, facts_, ctx);
  const bool progress = event == Connection::Event::kOpened || connection_.snd_una() > una ||
                        connection_.received_end() > received;
  if (event == Connection::Event::kOpened) tell(SessionEvent::What::kConnected, {}, ctx);
  if (progress) target_owes_since_ = ctx.now;
  if (connection_.received_end() > received) first_word_owed_at_ = kNever;
  release(connection_.snd_una(), ctx);
  if (event == Connection::Event::kRefused) {
    go_on(LossReason::kTargetRefused, ctx);
  } else if (event == Connection::Event::kReset) {
    ++ctx.ledger.resets;
    go_on(LossReason::kTargetReset, ctx);
  } else {
    advance(ctx);
  }
}

// Whether the last connection was worth having: a target that takes what the client says and
// answers. Where it was reset right behind the first answer, or joined without its beginning in a
// protocol that nobody knows, it must have gone on: that answer may have been "busy", or "denied".
bool Session::was_of_use(bool reset, Instant now) const {
  if (!connection_.of_use()) return false;
  const bool cut_short = reset && now < target_owes_since_ + kInitialRto;
  if (cut_short && connection_.turns_answered() < 2) return false;
  const bool whole = from_start_ && connection_.first() == ClientOffset(0);
  return whole || content_tells_ || connection_.turns_answered() > 1;
}

// The one way to a further connection, whoever ended the last one and however: at once when that
// was of use, else with back-off, and not for ever.
void Session::go_on(LossReason reason, const Context& ctx) {
  const bool reset = reason == LossReason::kTargetReset && !connection_.target_closed();
  failures_ =
      was_of_use(reset, ctx.now) ? std::uint8_t{0} : static_cast<std::uint8_t>(failures_ + 1);
  // What the target has not acknowledged before it closed, it has not read. One that has answered
  // before, and resets now, has closed a connection that it took for idle: what crossed that is
  // asked again, once, as clients do (RFC 9112, 9.3.1). On a new connection it is the first.
  const bool unread = reason == LossReason::kTargetRefused || connection_.target_closed() ||
                      connection_.turns_answered() > 0;
  const ClientOffset from = unread ? connection_.snd_una() : connection_.snd_nxt();
  nothing_cut_ = from == connection_.first();
  suspend(reason, from, ctx);
  if (ended()) return;
  if (failures_ > kMaxFailures) {
    given_up_ = true;
    end(reason, ctx);
    return;
  }
  if (failures_ > 0) retry_at_ = ctx.now + kInitialRto * (1 << (failures_ - 1));
  advance(ctx);
}

// The target has closed, the client goes on: a real client would open a new connection for its
// next request. Bytes in the middle of a request stay on the old one, and so do those of a client
// whose connection was half-closed online too.
bool Session::wants_new_connection() const {
  const ClientOffset next = connection_.snd_nxt();
  if (!connection_.target_closed() || connection_.snd_una() != next) return false;
  const Chunk* chunk = stream_.find(next);
  if (chunk == nullptr || chunk->begin() != next) return false;
  if (connection_.half_closed_online(chunk->origin().online_acked)) return false;
  if (next == connection_.first()) return true;
  // The first byte may have come alone.
  return content_tells_ ? request_may_begin_at(stream_, *chunk)
                        : chunk->starts_turn() && module_joins(next);
}

// Whether the module of the protocol, if it has one, can begin there.
bool Session::module_joins(ClientOffset at) const {
  const Rewriter* module = connection_.rewriter();
  if (module == nullptr) return true;
  const Chunk* chunk = stream_.find(at);
  if (chunk == nullptr) return false;
  return module->may_join(chunk->bytes().subspan(static_cast<std::size_t>(at - chunk->begin())));
}

std::optional<ClientOffset> Session::next_boundary(ClientOffset from) const {
  auto boundary = next_request_boundary(stream_, from, content_tells_);
  while (boundary && !module_joins(*boundary))
    boundary = next_request_boundary(stream_, *boundary + 1, content_tells_);
  return boundary;
}

bool Session::begins_request(const Chunk& chunk) const {
  return content_tells_ ? request_begins_at(stream_, chunk) : chunk.starts_turn();
}

// What is older than --max-lag when its turn comes is given up in whole requests, all but the
// last, so that the target sees the client's present. The numbers that it sees have no gap.
void Session::shed_late(const Context& ctx) {
  if (!connection_.idle() || connection_.rewriter() != nullptr) return;
  const ClientOffset from = connection_.snd_nxt();
  const Chunk* chunk = stream_.find(from);
  const auto late = [&](const Chunk& c) {
    return ctx.now - c.origin().captured_at > ctx.settings.max_lag;
  };
  if (chunk == nullptr || chunk->begin() != from || !late(*chunk)) return;
  const bool boundary = begins_request(*chunk);
  ClientOffset to = from;
  while (boundary && late(*chunk)) {
    const auto next = next_request_boundary(stream_, to + 1, content_tells_);
    if (!next) break;
    to = *next;
    chunk = stream_.find(to);
  }
  if (to == from) return;
  lose(to, LossReason::kLagLimit, ctx);
  connection_.skip_to(to);
}

// Whether both sides are done with the connection.
void Session::settle(const Context& ctx) {
  if (connection_.finished()) {
    connection_.send_due_ack(facts_, ctx);
    complete(ctx);
    return;
  }
  const bool client_reset = stream_.complete() && stream_.end()->reset;
  if (client_reset && connection_.snd_una() >= stream_.end()->at && connection_.reset_allowed()) {
    connection_.reset(facts_, ctx);
    complete(ctx);
  }
}

void Session::suspend(LossReason reason, ClientOffset resume_from, const Context& ctx) {
  tell(SessionEvent::What::kCutOff, to_string(reason), ctx);
  connection_.reset(facts_, ctx);
  phase_ = Phase::kSuspended;
  resume_from_ = resume_from;
  retry_at_ = kNever;
  // What was sent and not acknowledged died with the connection.
  lose(std::min(resume_from, stream_.contiguous_end()), reason, ctx);
  suspended_for_ = reason;
  if (stream_.complete() && stream_.first() == nullptr) complete(ctx);
}

// Looks for its place with every packet, also while it has to wait: what is of no use is not held.
void Session::resume(const Context& ctx) {
  if (ctx.now >= retry_at_) retry_at_ = kNever;
  // A connection that took no bytes begins where it would have begun.
  std::optional<ClientOffset> boundary;
  if (nothing_cut_) {
    const bool idle = stream_.find(resume_from_) == nullptr && !stream_.complete();
    if (idle && suspended_for_ != LossReason::kTargetRefused) return;
    boundary = resume_from_;
  } else {
    boundary = next_boundary(resume_from_);
  }
  if (boundary) {
    // -O: nothing is joined in the middle, what was lost in the middle neither.
    if (ctx.settings.only_from_start && *boundary > ClientOffset(0)) {
      given_up_ = true;
      end(suspended_for_, ctx);
      return;
    }
    lose(*boundary, suspended_for_, ctx);
    if (retry_at_ != kNever) return;
    connect(*boundary, ctx);
    return;
  }
  // Bytes before the next boundary can never be used; the last ones may be its first.
  const bool more = content_tells_ && !stream_.complete();
  lose(more ? possible_request_boundary(stream_, resume_from_) : stream_.contiguous_end(),
       suspended_for_, ctx);
  if (stream_.complete()) complete(ctx);
}

// What is missing never comes: the connection ends, and the stream goes on behind the hole.
void Session::skip_hole(const Context& ctx) {
  const std::unique_ptr<Hole> skipped = std::move(hole_);
  const Chunk* chunk = stream_.behind_hole();
  if (chunk == nullptr && stream_.seen_end() == stream_.contiguous_end() + 1) {
    expect_answer(ctx.now);
    stream_.set_fin(stream_.contiguous_end(), online_acked_);  // one number, no byte: a missed FIN
    advance(ctx);
    return;
  }
  const ClientOffset behind = chunk != nullptr ? chunk->begin() : stream_.seen_end();
  if (!damage_) damage_ = LossReason::kCaptureHole;
  suspended_for_ = LossReason::kCaptureHole;
  if (phase_ == Phase::kConnected) {
    tell(SessionEvent::What::kCutOff, to_string(LossReason::kCaptureHole), ctx);
    if (was_of_use(false, ctx.now)) failures_ = 0;
    connection_.reset(facts_, ctx);
  }
  phase_ = Phase::kSuspended;
  retry_at_ = kNever;
  nothing_cut_ = false;
  lose(stream_.contiguous_end(), LossReason::kCaptureHole, ctx);
  stream_.release_to(behind);
  resume_from_ = behind;
  // The next hole is as old as what was captured behind it.
  chunk = stream_.behind_hole();
  note_hole(chunk != nullptr ? chunk->origin().captured_at : ctx.now);
  if (hole_) hole_->went_on_at = skipped->went_on_at;
  resume(ctx);
}

}  // namespace tcpcopy::session
