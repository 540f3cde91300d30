// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/replay/target_habits.hh"

#include <gtest/gtest.h>

namespace tcpcopy::session {
namespace {

const Instant kStart(1000s);

// Answers that take 10 ms each, asked one after the other.
TargetHabits with_known_answers() {
  TargetHabits habits;
  for (int i = 0; i < 100; ++i)
    habits.on_answer(kStart + i * 20ms, kStart + i * 20ms + 10ms);
  return habits;
}

TEST(TargetHabits, ASilenceIsShortUntilPausesAreKnown) {
  EXPECT_EQ(TargetHabits().quiet(0ms), kMinQuiet);
  EXPECT_EQ(TargetHabits().quiet(5ms), 5ms);
  EXPECT_EQ(TargetHabits().quiet(1s), kMaxQuiet);
}

TEST(TargetHabits, ASilenceIsLongerThanThePausesWithinAnswers) {
  TargetHabits habits;
  for (int i = 0; i < 50; ++i)
    habits.on_pause(40ms);
  EXPECT_GT(habits.quiet(0ms), 40ms);
  EXPECT_LT(habits.quiet(0ms), 60ms);
}

TEST(TargetHabits, OneLongPauseAmongShortOnesHoldsNobodyUp) {
  TargetHabits habits;
  for (int i = 0; i < 50; ++i)
    habits.on_pause(4ms);
  habits.on_pause(150ms);
  EXPECT_LT(habits.quiet(0ms), 75ms);
}

TEST(TargetHabits, PausesThatDoNotComeAgainAreForgotten) {
  TargetHabits habits;
  habits.on_pause(100ms);
  for (int i = 0; i < 1000; ++i)
    habits.on_end();
  EXPECT_EQ(habits.quiet(0ms), kMinQuiet);
}

TEST(TargetHabits, AnAnswerIsWaitedForAtMostWhileNoneIsKnown) {
  EXPECT_EQ(TargetHabits().patience(false), kMaxTurnWait);
  EXPECT_EQ(TargetHabits().patience(true), kMaxTurnWait);
}

TEST(TargetHabits, AnAnswerIsWaitedForAsLongAsAnswersTake) {
  const TargetHabits habits = with_known_answers();
  EXPECT_GT(habits.patience(false), 80ms - 1ms);
  EXPECT_LT(habits.patience(false), 200ms);
  EXPECT_LT(habits.patience(true), habits.patience(false));
  EXPECT_GE(habits.patience(true), kMinTurnWait);
}

TEST(TargetHabits, KnowsWhetherLaterRequestsWereAnswered) {
  const TargetHabits habits = with_known_answers();
  EXPECT_TRUE(habits.answered_what_came_after(kStart));
  EXPECT_FALSE(habits.answered_what_came_after(kStart + 5s));
}

TEST(TargetHabits, AnEndWaitsByTheTimeOfAnswers) {
  TargetHabits habits = with_known_answers();
  EXPECT_EQ(habits.end_patience(false), kMaxEndQuiet) << "shorter, from one that is always as long";
  habits.on_length(false);
  EXPECT_LT(habits.end_patience(false), 200ms);
  EXPECT_GE(habits.end_patience(false), kMinEndQuiet);
}

TEST(TargetHabits, AnEndWaitsLongForOneWhoseAnswersAreUnknownOrMissing) {
  EXPECT_EQ(TargetHabits().end_patience(false), kMaxEndQuiet);
  EXPECT_EQ(TargetHabits().end_patience(true), kMaxEndWait);
  EXPECT_EQ(with_known_answers().end_patience(true), kMaxEndQuiet);
}

TEST(TargetHabits, LengthsTellOnlyWhereTheyAgree) {
  TargetHabits habits;
  EXPECT_FALSE(habits.answers_alike());
  EXPECT_FALSE(habits.answers_differ());
  habits.on_length(true);
  EXPECT_TRUE(habits.answers_alike());
  habits.on_length(false);
  EXPECT_TRUE(habits.answers_differ());
  for (int i = 0; i < 100; ++i)
    habits.on_length(true);
  habits.on_length(false);
  EXPECT_TRUE(habits.answers_alike()) << "one among many";
}

}  // namespace
}  // namespace tcpcopy::session
