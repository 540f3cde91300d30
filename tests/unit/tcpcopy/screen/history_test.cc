// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/screen/history.hh"

#include <gtest/gtest.h>

namespace tcpcopy::screen {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1000s};

Report sent(std::uint64_t count) {
  Report report;
  report.total({"sent", "packets", ""}, count);
  return report;
}

TEST(History, OfNothingIsZero) {
  const History history(kStart);
  EXPECT_EQ(history.last().rate("sent"), 0);
  EXPECT_EQ(history.longer().rate("sent"), 0);
  EXPECT_EQ(history.longer().times("lag").count(), 0U);
}

TEST(History, TellsOfTheLastSecondAndOfTen) {
  History history(kStart);
  for (std::uint64_t second = 1; second <= 30; ++second)
    history.add(sent(second * second), kStart + std::chrono::seconds(second));
  EXPECT_EQ(history.last().rate("sent"), 59);  // 900 - 841
  EXPECT_EQ(history.last().time(), 1s);
  EXPECT_EQ(history.longer().grown("sent"), 500U);  // 900 - 400
  EXPECT_EQ(history.longer().time(), 10s);
  EXPECT_EQ(history.latest().sum("sent"), 900U);
}

TEST(History, AtFirstTheLongerSpanIsFromTheStart) {
  History history(kStart);
  history.add(sent(30), kStart + 2s);
  EXPECT_EQ(history.longer().rate("sent"), 15);
  history.add(sent(40), kStart + 4s);
  EXPECT_EQ(history.longer().rate("sent"), 10);
  EXPECT_EQ(history.last().rate("sent"), 5);
}

TEST(History, HoldsNoMoreThanItMust) {
  History history(kStart);
  for (int i = 1; i <= 1000; ++i)
    history.add(sent(static_cast<std::uint64_t>(i)), kStart + std::chrono::milliseconds(i));
  EXPECT_EQ(history.longer().grown("sent"), History::kKept - 1);
}

TEST(History, TimesAreThoseInBetween) {
  Lag lag;
  lag.note(1s);
  Report before;
  before.spread({"lag", "seconds", ""}, lag);
  lag.note(1ms);
  Report after;
  after.spread({"lag", "seconds", ""}, lag);
  History history(kStart);
  history.add(before, kStart + 1s);
  history.add(after, kStart + 2s);
  EXPECT_EQ(history.last().times("lag").count(), 1U);
  EXPECT_LT(history.last().times("lag").quantile(1), 2ms);
  EXPECT_EQ(history.longer().times("lag").count(), 2U);
}

}  // namespace
}  // namespace tcpcopy::screen
