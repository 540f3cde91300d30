// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/replay/turns.hh"

#include <algorithm>
#include <utility>

namespace tcpcopy::session {

void Turns::open(ClientOffset first, OnlineOffset online_acked) {
  const ShortDuration patience = patience_;
  const std::uint8_t two_way = two_way_;
  *this = Turns();
  patience_ = patience;
  two_way_ = two_way;
  limit_ = first;
  first_acked_ = acked_ = online_acked;
}

void Turns::on_response(const Arrival& arrival, TargetHabits& habits, Instant now) {
  const Duration pause = now - response_at_ - arrival.network_pause;
  // The answer went on by itself: seen while the next request waited for it, or had been sent.
  const bool waited = begun_ && waiting_since_ != kNever && !arrival.acks_news;
  const bool too_early = taken_for_over_ && !begun_ && arrival.acked < limit_;
  if ((waited || too_early) && pause > Duration(0) && pause <= kMaxQuiet) habits.on_pause(pause);
  response_at_ = now;
  burst_ended_ = arrival.ends_burst;
  fin_answered_ |= fin_allowed_ && arrival.acked > limit_;
  if (begun_ || arrival.acked < limit_) {
    if (arrival.acked > turn_begin_) early_ = speaks_early_ = true;
    return;
  }
  begun_ = true;
  speaks_early_ = early_;
  if (taken_for_over_) habits.on_end();
  if (asked_at_ == kNever) return;
  habits.on_answer(asked_at_, now);
  if (answered_ < UINT8_MAX) ++answered_;
}

bool Turns::on_sent(ClientOffset snd_nxt, Instant now) {
  if (!asking_ || snd_nxt < limit_) return false;
  asking_ = false;
  asked_at_ = now;
  const bool again = sent_;
  sent_ = true;
  return !again;
}

void Turns::extend(ClientOffset to) {
  limit_ = to;
  begun_ = false;
  asking_ = true;
  asked_at_ = kNever;
}

void Turns::judge(const ClientStream& stream, const Progress& progress, bool ordered,
                  TargetHabits& habits, Instant now, Ledger& ledger) {
  deadline_ = kNever;
  const Chunk* chunk = stream.find(limit_);
  for (; chunk != nullptr && chunk->begin() < stream.contiguous_end(); chunk = chunk->next()) {
    const OnlineOffset acked = chunk->origin().online_acked;
    if (acked > acked_) {
      limit_ = std::max(limit_, chunk->begin());
      if (ordered && !gate_open(chunk->origin(), progress, habits, now, ledger)) return;
      begin_turn(acked, progress);
    }
    if (chunk->end() <= limit_) continue;
    begun_ = false;
    asking_ = true;
    asked_at_ = kNever;
    limit_ = chunk->end();
  }
  if (!stream.complete()) {
    waiting_since_ = kNever;
    return;
  }
  judge_end(*stream.end(), progress, ordered, habits, now, ledger);
}

// FIN and RST wait like turns of no bytes: the client ended after what it had seen.
void Turns::judge_end(const StreamEnd& end, const Progress& progress, bool ordered,
                      TargetHabits& habits, Instant now, Ledger& ledger) {
  if (end.fin && !fin_allowed_) {
    const bool open =
        !ordered || end_gate_open(end.online_acked, false, progress, habits, now, ledger);
    if (!open) return;
    begin_turn(std::max(acked_, end.online_acked), progress);
    fin_allowed_ = true;
  }
  if (end.reset && !reset_allowed_) {
    reset_allowed_ = end_gate_open(end.reset_acked, true, progress, habits, now, ledger);
  }
}

void Turns::begin_turn(OnlineOffset acked, const Progress& progress) {
  acked_ = acked;
  turn_begin_ = limit_;
  begun_ = early_ = sent_ = false;
  response_start_ = progress.received;
  waiting_since_ = kNever;
}

bool Turns::end_gate_open(OnlineOffset acked, bool reset, const Progress& progress,
                          TargetHabits& habits, Instant now, Ledger& ledger) {
  if (progress.closed) return true;
  const bool saw_no_answer = acked <= acked_;  // then neither has to be waited for
  // Of a target whose answers are longer, as much as production's is not all.
  const bool all = as_much(acked, progress.received) && (begun_ || saw_no_answer) &&
                   (saw_no_answer || !reset || !habits.answers_differ());
  const bool its_own = begun_ && progress.received - response_start_ >= acked - acked_;
  if (all || (!reset && (saw_no_answer || its_own))) {
    if (!saw_no_answer) habits.on_length(true);
    return true;
  }

  if (waiting_since_ == kNever) waiting_since_ = now;
  // A target that has not read the FIN is not done with what stood before it, however quiet it is.
  const bool read_fin = !reset || !fin_allowed_ || fin_answered_;
  const bool quiet = (begun_ || early_) && !progress.gap && read_fin;
  // What the client had seen may have ended with the online server's FIN, which takes a number too.
  const std::int64_t missing = (acked - first_acked_) - (progress.received - TargetOffset(0));
  const bool nearly = missing <= (reset ? 1 : kNearlyComplete);
  Duration patience = kMaxEndWait;
  if (quiet) patience = habits.end_patience(answer_missing_ && !early_);
  // Where both sides talk at once no answer begins: as much as the client had seen is all.
  if (nearly && !progress.gap && ((quiet && !answer_missing_) || !reset)) patience = kMinEndQuiet;
  if (progress.hurried) patience = std::min(patience, kHurriedEnd);
  const Instant expiry = std::max(waiting_since_, response_at_) + patience;
  if (now < expiry) {
    deadline_ = expiry;
    return false;
  }
  if (begun_) habits.on_length(false);
  ++(begun_ ? ledger.turn_quiets : ledger.turn_expiries);
  return true;
}

// When the target's silence says that its answer is over. A burst that ended in a full segment
// without PSH goes on.
Instant Turns::quiet_at(const Progress& progress, const TargetHabits& habits) const {
  if (progress.gap) return response_at_ + kMaxTurnWait;
  const Duration quiet = habits.quiet(progress.network_pause);
  return response_at_ + (burst_ended_ ? quiet : std::max<Duration>(4 * quiet, kMaxQuiet));
}

// When an answer that has not begun is waited for no longer. Those that others get meanwhile tell a
// request that is never answered from a target that is slow for everybody.
Instant Turns::patience_ends(const TargetHabits& habits, Instant now) const {
  if (asked_at_ == kNever) return waiting_since_ + patience_;  // for a greeting
  const auto after = [&](bool others) {
    return asked_at_ + std::min<Duration>(patience_, habits.patience(others));
  };
  const Instant soon = after(true);
  return now < soon || habits.answered_what_came_after(asked_at_) ? soon : after(false);
}

// A gate that opens for an answer: turns follow each other.
void Turns::note_order() {
  patience_ = std::min(patience_ * 2, shortened(kMaxTurnWait));
  if (two_way_ > 0) --two_way_;
}

bool Turns::gate_open(const Chunk::Origin& next, const Progress& progress, TargetHabits& habits,
                      Instant now, Ledger& ledger) {
  if (progress.snd_nxt < limit_) return false;  // the turn before is still being sent
  if (progress.closed || progress.unasked) return true;
  if (waiting_since_ == kNever) waiting_since_ = now;

  const std::int64_t wanted = next.online_acked - acked_;
  const std::int64_t received = progress.received - response_start_;
  const std::int64_t surplus =
      (progress.received - TargetOffset(0)) - (next.online_acked - first_acked_);
  const bool just_as_long = begun_ && received == wanted;
  const bool early_answer =
      !begun_ && surplus >= 0 && (surplus <= kNearlyComplete || habits.answers_alike());
  Instant over = begun_ || early_answer ? quiet_at(progress, habits) : kNever;
  if ((early_ || speaks_early_) && over == kNever && asked_at_ != kNever) {
    over = std::max(quiet_at(progress, habits), asked_at_ + kMinTurnWait + progress.network_pause);
  }
  // A request that is late already is not held up by a silence that nobody needs, but never more
  // than one: what is sent while an answer goes on must be a request ahead, and no flood.
  const bool may_be_early = begun_ && !progress.gap && !was_early_ && !habits.answers_alike();
  if (may_be_early) {
    over = std::max(std::min(over, response_at_ + kMinQuiet), over - (now - next.captured_at));
  }
  taken_for_over_ = false;
  if (just_as_long || now >= over) {
    taken_for_over_ = !just_as_long;
    was_early_ = may_be_early && !just_as_long && now < quiet_at(progress, habits);
    if (taken_for_over_) ++ledger.turn_quiets;
    habits.on_length(just_as_long || early_answer);
    note_order();
    return true;
  }
  if (two_way()) {
    two_way_ = kMostTwoWay;
    return true;
  }
  // An answer that goes on is waited for as long as it does, or until it is longer than what the
  // client had seen.
  Instant expiry = kNever;
  if (!begun_) {
    expiry = patience_ends(habits, now);
  } else if (received >= wanted) {
    expiry = waiting_since_ + habits.patience(true);
  }
  if (now < expiry) {
    deadline_ = std::min(over, expiry);
    return false;
  }
  ++ledger.turn_expiries;
  if (!begun_) answer_missing_ = true;
  patience_ = std::max(patience_ / 2, shortened(kMinTurnWait));
  if (surplus >= 0)
    two_way_ = std::min(static_cast<std::uint8_t>(two_way_ + kTwoWay / 2), kMostTwoWay);
  return true;
}

}  // namespace tcpcopy::session
