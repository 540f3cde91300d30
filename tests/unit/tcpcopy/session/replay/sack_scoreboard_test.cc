// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/replay/sack_scoreboard.hh"

#include <gtest/gtest.h>

namespace tcpcopy::session {
namespace {

ReplayRange range(std::int64_t begin, std::int64_t end) {
  return {ReplayOffset(begin), ReplayOffset(end)};
}

TEST(SackScoreboard, TellsNewsFromWhatIsKnown) {
  SackScoreboard board;
  EXPECT_TRUE(board.add(range(100, 200)));
  EXPECT_FALSE(board.add(range(100, 200)));
  EXPECT_FALSE(board.add(range(150, 160)));
  EXPECT_FALSE(board.add(range(300, 300)));
  EXPECT_FALSE(board.add(range(400, 300)));
  EXPECT_TRUE(board.add(range(150, 210)));
  EXPECT_EQ(board.bytes(), 110);
}

TEST(SackScoreboard, MergesRangesThatTouch) {
  SackScoreboard board;
  board.add(range(100, 200));
  board.add(range(300, 400));
  board.add(range(200, 300));
  EXPECT_EQ(board.first_hole(ReplayOffset(0), ReplayOffset(500)), range(0, 100));
  EXPECT_EQ(board.first_hole(ReplayOffset(100), ReplayOffset(500)), range(400, 500));
  EXPECT_EQ(board.first_hole(ReplayOffset(100), ReplayOffset(400)), std::nullopt);
  EXPECT_EQ(board.missing(ReplayOffset(0), ReplayOffset(500)), 200);
  EXPECT_EQ(board.missing(ReplayOffset(500), ReplayOffset(0)), 0);
}

TEST(SackScoreboard, ForgetsWhatWasAcknowledged) {
  SackScoreboard board;
  board.add(range(100, 200));
  board.add(range(300, 400));
  board.advance(ReplayOffset(350));
  EXPECT_EQ(board.bytes(), 50);
  board.advance(ReplayOffset(400));
  EXPECT_TRUE(board.empty());
}

// RFC 6675, 4: lost is what has at least so many bytes reported above it.
TEST(SackScoreboard, TellsWhatIsLost) {
  SackScoreboard board;
  board.add(range(100, 200));
  EXPECT_EQ(board.lost_before(101), std::nullopt);
  board.add(range(300, 400));
  EXPECT_EQ(board.lost_before(100), ReplayOffset(300));
  EXPECT_EQ(board.lost_before(101), ReplayOffset(100));
}

TEST(SackScoreboard, IsBounded) {
  SackScoreboard board;
  for (std::size_t i = 0; i < SackScoreboard::kMaxRanges; ++i) {
    const auto at = static_cast<std::int64_t>(i) * 10;
    EXPECT_TRUE(board.add(range(at, at + 5)));
  }
  EXPECT_FALSE(board.add(range(10'000, 10'005)));
  EXPECT_TRUE(board.add(range(4, 6)));  // one that merges needs no room
}

}  // namespace
}  // namespace tcpcopy::session
