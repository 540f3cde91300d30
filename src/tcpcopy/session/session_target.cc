// SPDX-License-Identifier: BSD-3-Clause
// The target's side of a session: its connections, one after the other.
#include "tcpcopy/session/session.hh"

#include <algorithm>

#include "tcpcopy/session/limits.hh"
#include "tcpcopy/session/request_boundary.hh"

namespace tcpcopy::session {

void Session::connect(ClientOffset first, const Context& ctx) {
  if (!ctx.routes.add_route(target_.key())) {
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
  if (connected_once_) ++ctx.ledger.reconnects;
  connected_once_ = true;
  phase_ = Phase::kConnected;
  target_owes_since_ = ctx.now;
  connection_.open(start, with(ctx));
}

void Session::on_response(const Response& response, const Context& ctx) {
  target_owes_since_ = ctx.now;
  ++ctx.ledger.responses;
  ctx.ledger.response_bytes += response.payload_length;
  if (phase_ != Phase::kConnected) return;
  switch (connection_.on_response(response, with(ctx))) {
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

// The target has closed, the client goes on: a real client would open a new connection for its
// next request. Bytes in the middle of a request stay on the old one, which may be half-closed.
bool Session::reconnect_for_new_turn(const Context& ctx) {
  const ClientOffset next = connection_.snd_nxt();
  const Chunk* chunk = stream_.find(next);
  const bool all_acked = connection_.snd_una() == next;
  if (chunk == nullptr || chunk->begin() != next || !all_acked) return false;
  if (!chunk->starts_turn() || (content_tells_ && !request_begins_at(stream_, *chunk)))
    return false;
  connection_.reset(with(ctx));
  connect(next, ctx);
  return true;
}

// Whether both sides are done with the connection.
void Session::settle(const Context& ctx) {
  if (connection_.finished()) {
    connection_.send_due_ack(with(ctx));
    complete(ctx);
    return;
  }
  const bool client_reset = stream_.complete() && stream_.end()->reset;
  if (client_reset && connection_.snd_una() >= stream_.end()->at && connection_.reset_allowed()) {
    connection_.reset(with(ctx));
    complete(ctx);
  }
}

void Session::suspend(LossReason reason, ClientOffset resume_from, const Context& ctx) {
  connection_.reset(with(ctx));
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
  if (phase_ == Phase::kConnected) connection_.reset(with(ctx));
  phase_ = Phase::kSuspended;
  retry_at_ = kNever;
  failures_ = 0;
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
