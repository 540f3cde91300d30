// SPDX-License-Identifier: BSD-3-Clause
// The life of a session: what comes next, its timeouts, its end, and the accounts.
#include "tcpcopy/session/session.hh"

#include <algorithm>

namespace tcpcopy::session {

// The one place that decides what comes next, after any input.
void Session::advance(const Context& ctx) {
  if (ended()) return;
  if (phase_ == Phase::kAwaitingRoute) return;
  if (phase_ == Phase::kSuspended) {
    resume(ctx);
    return;
  }
  if (module_failed(ctx)) return;
  if (connection_.is_open()) {
    if (wants_new_connection()) {
      go_on(LossReason::kTargetClosed, ctx);
      return;
    }
    if (ctx.settings.max_lag > Duration(0)) shed_late(ctx);
    if (ctx.observer == nullptr) {
      connection_.send(stream_, hurried_, facts_, ctx);
    } else {
      send_observed(ctx);
    }
    if (module_failed(ctx)) return;
    if (first_word_owed_at_ == kNever && connection_.owes_first_word(online_acked_)) {
      first_word_owed_at_ = ctx.now;
    }
    settle(ctx);
  }
}

// What it cannot go on with it cannot join again either.
bool Session::module_failed(const Context& ctx) {
  if (connection_.rewriter() == nullptr || !connection_.rewriter()->failed()) return false;
  given_up_ = true;
  end(LossReason::kModule, ctx);
  return true;
}

// The same, for who wants to know which gates no complete answer has opened.
void Session::send_observed(const Context& ctx) {
  const std::uint64_t quiets = ctx.ledger.turn_quiets;
  const std::uint64_t expiries = ctx.ledger.turn_expiries;
  connection_.send(stream_, hurried_, facts_, ctx);
  if (ctx.ledger.turn_quiets != quiets) tell(SessionEvent::What::kTurnQuiet, {}, ctx);
  if (ctx.ledger.turn_expiries != expiries) tell(SessionEvent::What::kTurnExpired, {}, ctx);
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

void Session::on_deadline(const Context& ctx) {
  if (ended()) return;
  if (ctx.now >= expiry(ctx.settings)) {
    expire(ctx);
    return;
  }
  if (stream_.extends()) {
    stream_.extend();
    note_hole(ctx.now);
  }
  for (int i = 0; i < kMaxHolesPerTurn && ctx.now >= hole_patience_ends(); ++i) {
    skip_hole(ctx);
    if (ended()) return;
  }
  if (phase_ == Phase::kConnected && !connection_.on_deadline(facts_, ctx)) {
    end(LossReason::kNoHandshake, ctx);
    return;
  }
  advance(ctx);
  if (!ended() && phase_ == Phase::kConnected) connection_.send_due_ack(facts_, ctx);
}

// Whether all was delivered but the beginning of a message, of which a module wants the rest.
bool Session::starves() const {
  const Rewriter* module = connection_.rewriter();
  return module != nullptr && phase_ == Phase::kConnected &&
         module->starves(stream_.contiguous_end()) && !stream_.complete() &&
         connection_.snd_una() == module->edits().read();
}

// Whether the target owes an answer.
bool Session::outstanding() const {
  if (starves()) return false;
  return phase_ == Phase::kAwaitingRoute || stream_.first() != nullptr || stream_.complete();
}

bool Session::unfinished() const {
  if (ended()) return false;
  if (phase_ == Phase::kAwaitingRoute || stream_.complete()) return true;
  if (phase_ == Phase::kConnected && !connection_.is_open()) return true;
  if (starves()) return false;
  const Chunk* first = stream_.first();  // behind a hole it waits for its client
  return first != nullptr && first->begin() < stream_.contiguous_end();
}

// To be called before an input that the target may have to answer.
void Session::expect_answer(Instant now) {
  if (!outstanding()) target_owes_since_ = now;
}

bool Session::waits_for_target() const {
  if (ended() || phase_ != Phase::kConnected || starves()) return false;
  return !connection_.is_open() || stream_.contiguous_end() > connection_.snd_nxt();
}

// Timeouts are of progress, not of packets.
Instant Session::expiry(const Settings& settings) const {
  if (half_open()) return last_client_at_ + kHalfOpenTimeout;
  Instant expiry = last_client_at_ + settings.idle_timeout;
  if (outstanding()) expiry = target_owes_since_ + settings.session_timeout;
  if (all_delivered() && connection_.fin_sent()) {
    if (hurried_) expiry = std::min(expiry, target_owes_since_ + kHurriedCloseWait);
    if (connection_.target_closed()) expiry = std::min(expiry, target_owes_since_ + kLastAckWait);
  }
  if (first_word_owed_at_ == kNever) return expiry;
  return std::min(expiry, first_word_owed_at_ + settings.session_timeout);
}

void Session::expire(const Context& ctx) {
  if (half_open()) return end(LossReason::kHalfOpen, ctx);
  if (all_delivered()) {
    connection_.reset(facts_, ctx);
    return complete(ctx);
  }
  const bool silent = outstanding() || first_word_owed_at_ != kNever;
  end(silent ? LossReason::kTargetSilent : LossReason::kIdle, ctx);
}

Instant Session::next_deadline(const Context& ctx) const {
  if (stream_.extends()) return ctx.now + kNextStep;
  Instant deadline = std::min({expiry(ctx.settings), retry_at_, hole_patience_ends()});
  if (phase_ == Phase::kConnected) deadline = std::min(deadline, connection_.deadline());
  return deadline;
}

void Session::on_path_restored(const Context& ctx) {
  if (phase_ == Phase::kAwaitingRoute) {
    connect(resume_from_, ctx);
  } else if (phase_ == Phase::kConnected && ctx.routes.announce(facts_.flow.key())) {
    connection_.on_path_restored(facts_, ctx);
  }
  advance(ctx);
}

void Session::drain(const Context& ctx) {
  if (ended()) return;
  if (half_open()) return end(LossReason::kHalfOpen, ctx);
  hurried_ = true;
  expect_answer(ctx.now);
  // A hole is not filled any more. Behind it the stream goes on when what stands before has gone.
  if (stream_.has_hole()) {
    if (!unfinished()) skip_hole(ctx);
    if (ended() || stream_.has_hole()) return;
  }
  stream_.set_fin(stream_.contiguous_end(), online_acked_);
  advance(ctx);
}

void Session::on_client_gone(const Context& ctx) {
  if (half_open()) return end(LossReason::kHalfOpen, ctx);
  hurried_ = true;
  expect_answer(ctx.now);
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
  tell(SessionEvent::What::kEnded, "completed", ctx);
  ++ctx.ledger.sessions_completed;
  --ctx.ledger.sessions_live;
}

void Session::end(LossReason reason, const Context& ctx) {
  if (ended()) return;
  connection_.reset(facts_, ctx);
  lose_rest(reason, ctx);
  phase_ = Phase::kEnded;
  tell(SessionEvent::What::kEnded, to_string(damage_.value_or(reason)), ctx);
  ++ctx.ledger.sessions_lost[static_cast<std::size_t>(damage_.value_or(reason))];
  --ctx.ledger.sessions_live;
}

}  // namespace tcpcopy::session
