// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/turns.hh"

#include <algorithm>

namespace tcpcopy::session {

void Turns::open(ClientOffset first, OnlineOffset online_acked) {
  const Duration patience = patience_;
  const std::uint64_t expiries = expiries_;
  *this = Turns();
  patience_ = patience;
  expiries_ = expiries;
  limit_ = first;
  first_acked_ = acked_ = online_acked;
}

ClientOffset Turns::limit(const ClientStream& stream, const Progress& progress, Instant now) {
  deadline_ = kNever;
  const Chunk* chunk = stream.find(limit_);
  for (; chunk != nullptr && chunk->begin() < stream.contiguous_end(); chunk = chunk->next()) {
    const OnlineOffset acked = chunk->origin().online_acked;
    if (acked > acked_) {
      limit_ = std::max(limit_, chunk->begin());
      if (!gate_open(acked, progress, now)) return limit_;
      begin_turn(acked, progress);
    }
    limit_ = chunk->end();
  }
  limit_ = std::max(limit_, stream.contiguous_end());
  if (!stream.complete()) {
    waiting_since_ = kNever;
    return limit_;
  }
  judge_end(*stream.end(), progress, now);
  return limit_;
}

// FIN and RST wait like turns of no bytes: the client ended after what it had seen.
void Turns::judge_end(const StreamEnd& end, const Progress& progress, Instant now) {
  if (end.fin && !fin_allowed_) {
    if (end.online_acked > acked_ && !gate_open(end.online_acked, progress, now)) return;
    begin_turn(std::max(acked_, end.online_acked), progress);
    fin_allowed_ = true;
  }
  if (end.reset && !reset_allowed_) {
    reset_allowed_ = reset_gate_open(end.reset_acked, progress, now);
  }
}

void Turns::begin_turn(OnlineOffset acked, const Progress& progress) {
  acked_ = acked;
  response_start_ = progress.received;
  waiting_since_ = kNever;
}

bool Turns::reset_gate_open(OnlineOffset acked, const Progress& progress, Instant now) {
  if (progress.received - TargetOffset(0) >= acked - first_acked_) return true;
  if (waiting_since_ == kNever) waiting_since_ = now;
  const Instant expiry = std::max(waiting_since_, response_at_) + kMaxTurnWait;
  if (now >= expiry) {
    ++expiries_;
    return true;
  }
  deadline_ = expiry;
  return false;
}

bool Turns::gate_open(OnlineOffset next_acked, const Progress& progress, Instant now) {
  if (progress.snd_nxt < limit_) return false;  // the turn before is still being sent
  if (waiting_since_ == kNever) waiting_since_ = now;

  const std::int64_t wanted = next_acked - acked_;
  const std::int64_t received = progress.received - response_start_;
  if (received >= wanted) {
    patience_ = std::min(patience_ * 2, kMaxTurnWait);
    return true;
  }
  const Instant expiry = waiting_since_ + patience_;
  Instant quiet_until = kNever;
  if (received > 0 && burst_ended_ && !progress.gap) {
    const bool nearly = wanted - received <= wanted / 8 + kNearlyComplete;
    quiet_until =
        response_at_ + (nearly ? std::clamp(2 * progress.rtt, kMinQuiet, kMaxQuiet) : kLongQuiet);
  }
  if (now >= quiet_until) return true;
  if (now >= expiry) {
    ++expiries_;
    patience_ = std::max(patience_ / 2, kMinTurnWait);
    return true;
  }
  deadline_ = std::min(expiry, quiet_until);
  return false;
}

}  // namespace tcpcopy::session
