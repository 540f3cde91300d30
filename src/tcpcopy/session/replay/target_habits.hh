// SPDX-License-Identifier: BSD-3-Clause
// What is learned of how a target answers, shared by all its sessions, so that a new one knows what
// the others know: how long the pauses within its answers are, and how long it takes to begin one.
// A target is not production, so nothing here comes from the online server.
#pragma once

#include <algorithm>

#include "tcpcopy/session/limits.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::session {

class TargetHabits {
 public:
  /// An answer began.
  /// @param asked when the last byte of its request was sent.
  void on_answer(Instant asked, Instant now);

  /// An answer went on by itself after this pause.
  void on_pause(Duration pause);

  /// An answer was taken for over and did not go on.
  void on_end() { pause_ = shortened(pause_ - pause_ / kForgetting); }

  /// After so much silence an answer is over.
  /// @param floor of the session: pauses that the network makes.
  Duration quiet(Duration floor) const {
    return std::clamp(std::max<Duration>(pause_, floor), kMinQuiet, kMaxQuiet);
  }

  /// How long an answer is waited for that may never come; kMaxTurnWait while none is known.
  /// @param others the target has answered what was asked later: it is not slow for everybody.
  Duration patience(bool others) const;

  /// How long an end waits behind the last word of an answer that is shorter than production's:
  /// the target may still be at it, or at another request that came with it.
  /// @param missing some request was not answered, or is answered late: more may come.
  Duration end_patience(bool missing) const;

  /// An answer was as long as production's, or ended at another length.
  void on_length(bool same);
  /// Whether a target that has said less than production has more to say.
  bool answers_alike() const { return alike_ > 0; }
  /// Whether what it has said tells nothing of how much is to come.
  bool answers_differ() const { return alike_ < 0; }

  /// Whether something that was asked after `asked` has been answered.
  bool answered_what_came_after(Instant asked) const { return latest_answered_ > asked; }

 private:
  Duration high() const { return Duration(answer_) + 4 * Duration(answer_deviation_); }

  static constexpr int kForgetting = 64;  // answers, until a long pause counts for a third

  static constexpr int kMostAlike = 16;
  static constexpr int kUnlike = 2;  // answers of the same length that one of another outweighs

  ShortDuration pause_{0};
  int alike_ = 0;  // from -kMostAlike to kMostAlike
  // Mean and mean deviation of the time to an answer's first byte, as in RFC 6298, 2.
  ShortDuration answer_{0};
  ShortDuration answer_deviation_{0};
  Instant latest_answered_;  // when what was answered was asked: the latest
};

}  // namespace tcpcopy::session
