// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/path_doubt.hh"

#include <gtest/gtest.h>

#include "tests/unit/tcpcopy/logged.hh"

namespace tcpcopy::replayer {
namespace {

using test::logged;

class PathDoubtTest : public ::testing::Test {
 protected:
  // What is said in so many seconds.
  std::string look(int seconds) {
    return logged([&] {
      for (int i = 0; i <= seconds; ++i, now_ += PathDoubt::kPeriod)
        doubt_.look(standing_, now_);
    });
  }

  Standing standing_;
  PathDoubt doubt_;
  Instant now_{std::chrono::seconds(1000)};
};

TEST_F(PathDoubtTest, ReplaysThatHaveNotBegunAreWaitedFor) { EXPECT_EQ(look(100), ""); }

TEST_F(PathDoubtTest, SaysOnceThatNoConnectionComes) {
  standing_.syns = 7;
  EXPECT_EQ(look(4), "");
  EXPECT_NE(look(2).find("7 SYNs were sent, and no connection"), std::string::npos);
  EXPECT_EQ(look(100), "");
}

TEST_F(PathDoubtTest, SaysOnceThatNothingIsTaken) {
  standing_.syns = standing_.connections = 7;
  standing_.sent = 100;
  EXPECT_NE(look(6).find("7 connections were established"), std::string::npos);
  EXPECT_EQ(look(100), "");
}

TEST_F(PathDoubtTest, AReplayThatWorksIsNotDoubted) {
  standing_.syns = standing_.connections = 7;
  standing_.sent = 100;
  EXPECT_EQ(look(3), "");
  standing_.delivered = 100;
  EXPECT_EQ(look(1), "");
  standing_.delivered = 0;
  EXPECT_EQ(look(100), "") << "once is enough";
}

}  // namespace
}  // namespace tcpcopy::replayer
