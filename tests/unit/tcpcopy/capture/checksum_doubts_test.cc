// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/capture/checksum_doubts.hh"

#include <gtest/gtest.h>

namespace tcpcopy::capture {
namespace {

int refused(ChecksumDoubts& doubts, int packets, int one_wrong_of) {
  int count = 0;
  for (int i = 0; i < packets; ++i)
    count += doubts.refuses(i % one_wrong_of == one_wrong_of - 1) ? 1 : 0;
  return count;
}

TEST(ChecksumDoubts, RareOnesAreRefused) {
  ChecksumDoubts doubts;
  EXPECT_EQ(refused(doubts, 100'000, 100), 1000);
  EXPECT_TRUE(doubts.rare());
}

TEST(ChecksumDoubts, TheFirstAreRefusedEvenAtTheBeginning) {
  ChecksumDoubts doubts;
  EXPECT_TRUE(doubts.refuses(true));
}

TEST(ChecksumDoubts, ADeviceThatMakesManyIsBelieved) {
  ChecksumDoubts doubts;
  EXPECT_LE(refused(doubts, 100'000, 3), 4);
  EXPECT_FALSE(doubts.rare());
}

TEST(ChecksumDoubts, TheyAreRareAgainSomeTimeAfter) {
  ChecksumDoubts doubts;
  refused(doubts, 10'000, 3);
  refused(doubts, 1'000'000, 1'000'001);
  EXPECT_TRUE(doubts.refuses(true));
}

}  // namespace
}  // namespace tcpcopy::capture
