// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/lag.hh"

#include <gtest/gtest.h>

namespace tcpcopy {
namespace {

using namespace std::chrono_literals;

// The greatest of one is what its counter stands for.
Duration rounded(Duration lag) {
  Lag one;
  one.note(lag);
  return one.quantile(1);
}

TEST(Lag, OfNothingIsZero) {
  EXPECT_EQ(Lag().quantile(0.5), 0s);
  EXPECT_EQ(Lag().quantile(1), 0s);
}

TEST(Lag, QuantilesCountWhatIsNotBeyond) {
  Lag lag;
  for (int us = 1; us <= 10; ++us)
    lag.note(std::chrono::microseconds(us));
  EXPECT_EQ(lag.quantile(0), 1us);  // the least
  EXPECT_EQ(lag.quantile(0.1), 1us);
  EXPECT_EQ(lag.quantile(0.2), 2us);
  EXPECT_EQ(lag.quantile(0.5), 5us);
  EXPECT_EQ(lag.quantile(0.9), 9us);
  EXPECT_EQ(lag.quantile(1), 10us);
}

TEST(Lag, ManyOutweighOne) {
  Lag lag;
  for (int i = 0; i < 1000; ++i)
    lag.note(3us);
  lag.note(1h);
  EXPECT_EQ(lag.quantile(0.5), 3us);
  EXPECT_GE(lag.quantile(1), 1h);
}

TEST(Lag, IsRoundedUpByLessThanAnEighth) {
  for (std::uint64_t us = 0; us <= 3'600'000'000; us += 1 + us / 97) {
    const Duration lag = std::chrono::microseconds(us);
    EXPECT_GE(rounded(lag), lag);
    EXPECT_LE(8 * (rounded(lag) - lag), lag) << us;
  }
  for (const Duration exact : {0us, 1us, 7us, 8us, 15us})
    EXPECT_EQ(rounded(exact), exact);
}

TEST(Lag, GrowsWithWhatIsNoted) {
  Duration last{-1};
  for (std::uint64_t us = 0; us <= 3'600'000'000; us += 1 + us / 97) {
    EXPECT_GE(rounded(std::chrono::microseconds(us)), last);
    last = rounded(std::chrono::microseconds(us));
  }
}

TEST(Lag, BeyondAnHourIsAnHourAndBelowZeroIsNone) {
  EXPECT_EQ(rounded(100h), rounded(1h));
  EXPECT_EQ(rounded(-1s), 0s);
}

TEST(Lag, CountsAndSums) {
  Lag lag;
  EXPECT_EQ(lag.count(), 0U);
  EXPECT_EQ(lag.sum(), 0us);
  for (const Duration time : {1us, 15us, 16us, 1023us, 1024us, 2000us})
    lag.note(time);
  EXPECT_EQ(lag.count(), 6U);
  EXPECT_EQ(lag.sum(), 4079us);
  EXPECT_EQ(lag.below(3), 1U);
  EXPECT_EQ(lag.below(4), 2U);
  EXPECT_EQ(lag.below(10), 4U);
  EXPECT_EQ(lag.below(11), 6U);
  lag.note(100h);
  EXPECT_EQ(lag.below(31), 6U);
  EXPECT_EQ(lag.below(32), 7U) << "an hour stands for all that is longer";
  EXPECT_EQ(lag.below(99), 7U);
}

TEST(Lag, WhatIsBelowAnOctaveIsExact) {
  for (unsigned octave = 3; octave < 32; ++octave) {
    Lag lag;
    lag.note(std::chrono::microseconds((std::uint64_t{1} << octave) - 1));
    EXPECT_EQ(lag.below(octave), 1U);
    lag.note(std::chrono::microseconds(std::uint64_t{1} << octave));
    EXPECT_EQ(lag.below(octave), 1U) << octave;
  }
}

TEST(Lag, TheDifferenceIsWhatCameBetween) {
  Lag before;
  before.note(1s);
  before.note(5us);
  Lag after = before;
  after.note(3us);
  after.note(5us);
  const Lag between = after - before;
  EXPECT_EQ(between.quantile(0.5), 3us);
  EXPECT_EQ(between.quantile(1), 5us);
  EXPECT_EQ((after - after).quantile(1), 0s);
  EXPECT_EQ(between.count(), 2U);
  EXPECT_EQ(between.sum(), 8us);
}

}  // namespace
}  // namespace tcpcopy
