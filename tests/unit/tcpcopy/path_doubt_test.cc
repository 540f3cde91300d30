// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/path_doubt.hh"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace tcpcopy::replayer {
namespace {

class PathDoubtTest : public ::testing::Test {
 protected:
  // What is doubted in so many seconds, in which each look finds what `change` has made of it.
  std::vector<PathDoubt::Doubt> look(
      double seconds, const std::function<void(Standing&)>& change = [](Standing&) {}) {
    std::vector<PathDoubt::Doubt> doubts;
    for (int i = 0; i < 2 * seconds; ++i) {
      change(standing_);
      if (auto doubt = doubt_.look(standing_, now_)) doubts.push_back(*doubt);
      now_ += PathDoubt::kPeriod;
    }
    return doubts;
  }
  static void works(Standing& s) {
    ++s.syns;
    ++s.connections;
    s.sent += 100;
    s.delivered += 100;
  }

  Standing standing_;
  PathDoubt doubt_;
  Instant now_{std::chrono::seconds(1000)};
};

TEST_F(PathDoubtTest, ReplaysThatHaveNotBegunAreWaitedFor) { EXPECT_TRUE(look(100).empty()); }

TEST_F(PathDoubtTest, NoConnectionComes) {
  standing_.syns = 7;
  EXPECT_TRUE(look(5).empty());
  const auto doubts = look(1);
  ASSERT_EQ(doubts.size(), 1U);
  EXPECT_EQ(doubts[0].why, "7 SYNs were sent, and no connection was established in 5 s");
  EXPECT_TRUE(doubts[0].certain);
  EXPECT_TRUE(look(1000, [](Standing& s) { ++s.syns; }).empty()) << "once, while that lasts";
}

TEST_F(PathDoubtTest, NothingIsTaken) {
  standing_.syns = standing_.connections = 7;
  look(1);
  const auto doubts = look(7, [](Standing& s) { s.sent += 100; });
  ASSERT_EQ(doubts.size(), 1U);
  EXPECT_NE(doubts[0].why.find("7 connections were established, and the target has taken no byte"),
            std::string::npos);
}

TEST_F(PathDoubtTest, WhatLeavesAndArrivesIsNotDoubted) { EXPECT_TRUE(look(1000, works).empty()); }

TEST_F(PathDoubtTest, ASilentReplayIsNotDoubted) {
  look(3, works);
  EXPECT_TRUE(look(1000).empty());
}

TEST_F(PathDoubtTest, ResetsPrevailThoughBytesArrive) {
  look(2, works);
  const auto doubts = look(6, [](Standing& s) {
    works(s);
    ++s.resets;
  });
  ASSERT_EQ(doubts.size(), 1U);
  EXPECT_FALSE(doubts[0].certain);
}

TEST_F(PathDoubtTest, AResetNowAndThenIsTheTargetsOwn) {
  int connection = 0;
  EXPECT_TRUE(look(1000, [&](Standing& s) {
                works(s);
                if (++connection % 3 == 0) ++s.resets;
              }).empty());
}

TEST_F(PathDoubtTest, WhatBreaksAgainIsDoubtedAgainAfterAPause) {
  const auto ask = [](Standing& s) { ++s.syns; };
  EXPECT_EQ(look(20, ask).size(), 1U);
  look(10, works);
  EXPECT_TRUE(look(20, ask).empty()) << "too soon";
  look(300, works);
  EXPECT_EQ(look(20, ask).size(), 1U);
}

}  // namespace
}  // namespace tcpcopy::replayer
