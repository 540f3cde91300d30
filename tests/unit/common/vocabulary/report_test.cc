// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/report.hh"

#include <gtest/gtest.h>

namespace tcpcopy {
namespace {

using namespace std::chrono_literals;

constexpr Figure kSent{"sent", "packets", "for the target"};
constexpr Figure kLost{"lost", "packets", "on the way", "reason"};
constexpr Figure kLate{"late", "seconds", "between two things"};

TEST(Report, SaysWhatItWasTold) {
  Report report;
  report.total(kSent, 7);
  report.total(kLost, 2, "early");
  report.total(kLost, 3, "late");
  EXPECT_EQ(report.sum("sent"), 7U);
  EXPECT_EQ(report.sum("lost"), 5U);
  EXPECT_EQ(report.of("lost", "late"), 3U);
  EXPECT_TRUE(report.has("lost"));
  EXPECT_FALSE(report.has("found"));
  EXPECT_EQ(report.sum("found"), 0U);
  EXPECT_EQ(report.of("lost", "never"), 0U);
  EXPECT_EQ(report.times("late").quantile(1), 0s);
}

TEST(Report, TwoAddUp) {
  Report one;
  one.total(kSent, 7);
  one.total(kLost, 2, "early");
  Lag lag;
  lag.note(1ms);
  one.spread(kLate, lag);
  Report two;
  two.now(kSent, 5);
  two.total(kLost, 3, "late");
  two.total(kLost, 4, "early");
  two.spread(kLate, lag);
  two.spread({"later", "seconds", "of one alone"}, lag);
  one += two;
  EXPECT_EQ(one.sum("sent"), 12U);
  EXPECT_EQ(one.of("lost", "early"), 6U);
  EXPECT_EQ(one.of("lost", "late"), 3U);
  EXPECT_EQ(one.items().size(), 3U);
  EXPECT_EQ(one.spreads().size(), 2U);
  lag += lag;
  EXPECT_EQ(one.times("late").quantile(0.5), lag.quantile(0.5));
  EXPECT_GT(one.times("later").quantile(1), 0s);
}

}  // namespace
}  // namespace tcpcopy
