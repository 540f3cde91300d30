// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/capture/pace.hh"

#include <gtest/gtest.h>

#include "tcpcopy/capture/lateness.hh"

namespace tcpcopy::capture {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1000s};
constexpr Duration kFirst = 1'700'000'000s;  // in the file

Pace begun(std::optional<double> factor, std::optional<Duration> longest_gap = {}) {
  Pace pace(factor, longest_gap);
  pace.begin(kStart);
  return pace;
}

TEST(Pace, KeepsTheTimesBetweenPackets) {
  Pace pace = begun(1);
  EXPECT_EQ(pace.due(kFirst), kStart);
  EXPECT_EQ(pace.due(kFirst + 5ms), kStart + 5ms);
  EXPECT_EQ(pace.due(kFirst + 3s), kStart + 3s);
}

TEST(Pace, IsFasterOrSlowerByTheFactor) {
  Pace fast = begun(10);
  fast.due(kFirst);
  EXPECT_EQ(fast.due(kFirst + 3s), kStart + 300ms);
  Pace slow = begun(0.5);
  slow.due(kFirst);
  EXPECT_EQ(slow.due(kFirst + 3s), kStart + 6s);
}

TEST(Pace, WithoutAFactorAllIsDueAtOnce) {
  Pace pace = begun(std::nullopt);
  EXPECT_EQ(pace.due(kFirst), kStart);
  EXPECT_EQ(pace.due(kFirst + 3h), kStart);
}

TEST(Pace, CutsLongGaps) {
  Pace pace = begun(2, 100ms);
  pace.due(kFirst);
  EXPECT_EQ(pace.due(kFirst + 1h), kStart + 50ms);
  EXPECT_EQ(pace.due(kFirst + 1h + 60ms), kStart + 80ms);
}

TEST(Pace, TimeInTheFileNeverGoesBack) {
  Pace pace = begun(1);
  pace.due(kFirst + 2s);
  EXPECT_EQ(pace.due(kFirst), kStart);
  EXPECT_EQ(pace.due(kFirst + 3s), kStart + 1s);
}

TEST(Pace, ADelayMovesAllThatComes) {
  Pace pace = begun(1);
  pace.due(kFirst);
  pace.delay(7s);
  EXPECT_EQ(pace.due(kFirst + 1s), kStart + 8s);
}

TEST(Pace, EachPassBeginsAnew) {
  Pace pace = begun(1);
  pace.due(kFirst + 9s);
  pace.begin(kStart + 1h);
  EXPECT_EQ(pace.due(kFirst), kStart + 1h);
  EXPECT_EQ(pace.due(kFirst + 1s), kStart + 1h + 1s);
}

TEST(Lateness, PercentilesAreRightToAClass) {
  Lateness lateness;
  for (int i = 1; i <= 1000; ++i)
    lateness.add(std::chrono::microseconds(i));
  EXPECT_GE(lateness.percentile(0.5), 500us);
  EXPECT_LE(lateness.percentile(0.5), 600us);
  EXPECT_GE(lateness.percentile(0.99), 990us);
  EXPECT_LE(lateness.percentile(0.99), 1180us);
}

TEST(Lateness, NothingAndTooMuchHaveAnAnswer) {
  Lateness lateness;
  EXPECT_EQ(lateness.percentile(0.99), 0s);
  lateness.add(1000h);
  EXPECT_GT(lateness.percentile(0.99), 1h);
}

}  // namespace
}  // namespace tcpcopy::capture
