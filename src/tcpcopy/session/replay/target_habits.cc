// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/replay/target_habits.hh"

namespace tcpcopy::session {

void TargetHabits::on_answer(Instant asked, Instant now) {
  latest_answered_ = std::max(latest_answered_, asked);
  // A microsecond is the least there is: zero would read as "none".
  const Duration took = std::max<Duration>(now - asked, ShortDuration(1));
  const Duration mean = answer_;
  const Duration deviation = answer_deviation_;
  const bool first = mean == Duration(0);
  const Duration error = mean > took ? mean - took : took - mean;
  answer_deviation_ = shortened(first ? took / 2 : deviation + (error - deviation) / 4);
  answer_ = shortened(first ? took : mean + (took - mean) / 8);
}

// A running quantile: far up with a pause that is longer, a little down with each answer that has
// none. So a single one, of a machine that was busy, does not hold everybody up.
void TargetHabits::on_pause(Duration pause) {
  const Duration above = std::min<Duration>(pause + pause / 4, kMaxQuiet);
  if (above <= pause_) return;
  pause_ = pause_ == ShortDuration(0) ? shortened(above) : shortened(pause_ + (above - pause_) / 4);
}

Duration TargetHabits::patience(bool others) const {
  if (answer_ == ShortDuration(0)) return kMaxTurnWait;
  return std::clamp((others ? 2 : 8) * high(), others ? kMinTurnWait : 5 * kMinTurnWait,
                    kMaxTurnWait);
}

void TargetHabits::on_length(bool same) {
  alike_ = std::clamp(alike_ + (same ? 1 : -kUnlike), -kMostAlike, kMostAlike);
}

Duration TargetHabits::end_patience(bool missing) const {
  const Duration most = missing ? kMaxEndWait : kMaxEndQuiet;
  if (answer_ == ShortDuration(0)) return most;
  return std::clamp(8 * high(), !missing && answers_differ() ? kMinEndQuiet : kMaxEndQuiet, most);
}

}  // namespace tcpcopy::session
