// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/turns.hh"

#include <algorithm>

namespace tcpcopy::session {

void Turns::open(ClientOffset first, OnlineOffset online_acked) {
  const ShortDuration patience = patience_;
  *this = Turns();
  patience_ = patience;
  limit_ = first;
  first_acked_ = acked_ = online_acked;
}

void Turns::judge(const ClientStream& stream, const Progress& progress, bool ordered, Instant now,
                  Ledger& ledger) {
  deadline_ = kNever;
  const Chunk* chunk = stream.find(limit_);
  for (; chunk != nullptr && chunk->begin() < stream.contiguous_end(); chunk = chunk->next()) {
    const OnlineOffset acked = chunk->origin().online_acked;
    if (ordered && acked > acked_) {
      limit_ = std::max(limit_, chunk->begin());
      if (!gate_open(acked, progress, now, ledger)) return;
      begin_turn(acked, progress);
    }
    if (chunk->end() > limit_) begun_ = false;
    limit_ = chunk->end();
  }
  if (!stream.complete()) {
    waiting_since_ = kNever;
    return;
  }
  judge_end(*stream.end(), progress, ordered, now, ledger);
}

// FIN and RST wait like turns of no bytes: the client ended after what it had seen.
void Turns::judge_end(const StreamEnd& end, const Progress& progress, bool ordered, Instant now,
                      Ledger& ledger) {
  if (end.fin && !fin_allowed_) {
    const bool waits = ordered && end.online_acked > acked_;
    if (waits && !gate_open(end.online_acked, progress, now, ledger)) return;
    begin_turn(std::max(acked_, end.online_acked), progress);
    fin_allowed_ = true;
  }
  if (end.reset && !reset_allowed_) {
    reset_allowed_ = reset_gate_open(end.reset_acked, progress, now, ledger);
  }
}

void Turns::begin_turn(OnlineOffset acked, const Progress& progress) {
  acked_ = acked;
  begun_ = false;
  response_start_ = progress.received;
  waiting_since_ = kNever;
}

bool Turns::reset_gate_open(OnlineOffset acked, const Progress& progress, Instant now,
                            Ledger& ledger) {
  const bool saw_no_answer = acked <= acked_;  // then neither has to be waited for
  if (as_much(acked, progress.received) && (begun_ || saw_no_answer)) return true;
  if (waiting_since_ == kNever) waiting_since_ = now;
  const Instant expiry = std::max(waiting_since_, response_at_) + kMaxResetWait;
  if (now >= expiry) {
    ++ledger.turn_expiries;
    return true;
  }
  deadline_ = expiry;
  return false;
}

bool Turns::gate_open(OnlineOffset next_acked, const Progress& progress, Instant now,
                      Ledger& ledger) {
  if (progress.snd_nxt < limit_) return false;  // the turn before is still being sent
  if (waiting_since_ == kNever) waiting_since_ = now;

  const std::int64_t wanted = next_acked - acked_;
  const std::int64_t received = progress.received - response_start_;
  if (begun_ && received >= wanted) {
    patience_ = std::min(patience_ * 2, shortened(kMaxTurnWait));
    return true;
  }
  const std::int64_t surplus = (progress.received - TargetOffset(0)) - (next_acked - first_acked_);
  const bool nearly = begun_ ? wanted - received <= wanted / 8 + kNearlyComplete
                             : surplus >= 0 && surplus <= kNearlyComplete;
  const Instant quiet_since = burst_ended_ && !progress.gap ? response_at_ : kNever;
  if (nearly && quiet_since != kNever) {
    const Instant soon = quiet_since + std::clamp(2 * progress.rtt, kMinQuiet, kMaxQuiet);
    if (now >= soon) {
      ++ledger.turn_quiets;
      return true;
    }
    deadline_ = soon;
    return false;
  }
  // The bounds: what is quiet for long, and what takes long at all.
  const bool long_quiet = begun_ && quiet_since != kNever;
  const Instant expiry = waiting_since_ + patience_;
  const Instant bound = long_quiet ? std::min(expiry, quiet_since + kLongQuiet) : expiry;
  if (now < bound) {
    deadline_ = bound;
    return false;
  }
  if (now < expiry) {
    ++ledger.turn_quiets;
    return true;
  }
  ++ledger.turn_expiries;
  patience_ = std::max(patience_ / 2, shortened(kMinTurnWait));
  return true;
}

}  // namespace tcpcopy::session
