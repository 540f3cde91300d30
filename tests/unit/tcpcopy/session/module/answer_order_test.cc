// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/module/answer_order.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tcpcopy/session/module/limits.hh"

namespace tcpcopy::session {
namespace {

const std::string kSaid = "abcdefghijklmnopqrstuvwxyz";

class AnswerOrderTest : public ::testing::Test {
 protected:
  // @param shown how many of its bytes came.
  void add(std::int64_t at, std::uint32_t length, std::size_t shown = 26, bool heard_all = false) {
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i < std::min<std::size_t>(length, shown); ++i)
      bytes.push_back(static_cast<std::byte>(kSaid[static_cast<std::size_t>(at) + i]));
    order_.add(TargetOffset(at), length, bytes, heard_all);
  }

  // All that is there: what was not seen as dots.
  std::string read(std::int64_t arrived = 0) {
    std::string text;
    while (const auto piece = order_.next(TargetOffset(arrived))) {
      for (std::uint32_t i = 0; i < piece->length; ++i)
        text += i < piece->beginning.size() ? static_cast<char>(piece->beginning[i]) : '.';
    }
    return text;
  }

  AnswerOrder order_;
};

TEST_F(AnswerOrderTest, InOrder) {
  add(0, 3);
  EXPECT_EQ(read(3), "abc");
  add(3, 3);
  EXPECT_EQ(read(6), "def");
  EXPECT_EQ(read(6), "");
}

TEST_F(AnswerOrderTest, OutOfOrderAndAgain) {
  add(3, 3);
  EXPECT_EQ(read(0), "");
  add(3, 3);
  add(0, 3);
  EXPECT_EQ(read(6), "abcdef");
  add(1, 4);
  EXPECT_EQ(read(6), "");
  add(4, 4);
  EXPECT_EQ(read(8), "gh");
}

TEST_F(AnswerOrderTest, OnlyTheBeginningIsThere) {
  add(0, 10, 4);
  add(10, 2, 1);
  EXPECT_EQ(read(12), "abcd......k.");
}

TEST_F(AnswerOrderTest, OfTwoThatBeginAlikeTheOneThatTellsMore) {
  add(4, 4, 0);
  add(4, 6, 5);
  add(0, 4);
  EXPECT_EQ(read(10), "abcdefghi.");
}

TEST_F(AnswerOrderTest, WhatOverlapsIsShownOnce) {
  add(2, 6);
  add(0, 4);
  add(6, 4);
  EXPECT_EQ(read(10), "abcdefghij");
}

TEST_F(AnswerOrderTest, WhatCameUnseenIsNotWaitedFor) {
  add(5, 2);
  EXPECT_EQ(read(7), ".....fg");
  EXPECT_EQ(read(9), "..");
}

TEST_F(AnswerOrderTest, HeardAllIsOfTheSegment) {
  add(0, 2, 2, false);
  add(2, 2, 2, true);
  EXPECT_FALSE(order_.next(TargetOffset(4))->heard_all);
  EXPECT_TRUE(order_.next(TargetOffset(4))->heard_all);
}

TEST_F(AnswerOrderTest, WhatWaitsIsBounded) {
  for (std::int64_t at = 1; at < 1000; ++at)
    order_.add(TargetOffset(at * 2000), 1000, std::vector<std::byte>(1000), false);
  EXPECT_EQ(order_.waiting(), kMostAnswersWaiting);
  // The rest goes by as what nobody has seen.
  std::uint64_t length = 0;
  std::size_t seen = 0;
  while (const auto piece = order_.next(TargetOffset(2'000'000))) {
    length += piece->length;
    seen += piece->beginning.size();
  }
  EXPECT_EQ(length, 2'000'000U);
  EXPECT_LE(seen, kMostAnswerBytes);
  EXPECT_GT(seen, kMostAnswerBytes / 2);
}

}  // namespace
}  // namespace tcpcopy::session
