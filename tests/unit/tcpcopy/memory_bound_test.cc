// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/memory_bound.hh"

#include <gtest/gtest.h>

namespace tcpcopy::replayer {
namespace {

constexpr std::uint64_t kMb = 1 << 20;
constexpr std::uint64_t kLimit = 64 * kMb;
constexpr std::uint64_t kReserve = kMb;  // a 64th

TEST(MemoryBoundTest, WhatTheEngineDoesNotSeeIsNotForTheEngine) {
  MemoryBound bound(kLimit);
  EXPECT_EQ(bound.on_look(10 * kMb, 0), kLimit - kReserve - 10 * kMb);
  EXPECT_EQ(bound.on_look(30 * kMb, 15 * kMb), kLimit - kReserve - 15 * kMb);
}

TEST(MemoryBoundTest, WhatTheAllocatorKeepsIsThereForTheEngine) {
  MemoryBound bound(kLimit);
  const std::uint64_t at_peak = bound.on_look(50 * kMb, 40 * kMb);
  EXPECT_EQ(bound.on_look(50 * kMb, 5 * kMb), at_peak);
  EXPECT_EQ(bound.on_look(49 * kMb, 5 * kMb), at_peak);
}

TEST(MemoryBoundTest, WhatIsLeftWhenTheAllocatorGaveAllBackCounts) {
  MemoryBound bound(kLimit);
  bound.on_look(70 * kMb, 40 * kMb);
  bound.on_given_back();
  EXPECT_EQ(bound.on_look(60 * kMb, 40 * kMb), kLimit - kReserve - 20 * kMb);
}

TEST(MemoryBoundTest, AProcessThatIsTooLargeByItselfLeavesNothing) {
  MemoryBound bound(kLimit);
  EXPECT_EQ(bound.on_look(2 * kLimit, 0), 0U);
}

TEST(MemoryBoundTest, LooksTheSoonerTheNearerTheLimit) {
  MemoryBound bound(kLimit);
  EXPECT_TRUE(bound.due(0)) << "nothing is known";
  bound.on_look(24 * kMb, 10 * kMb);
  EXPECT_FALSE(bound.due(20 * kMb - 1));
  EXPECT_TRUE(bound.due(20 * kMb));
  bound.on_look(64 * kMb, 20 * kMb);
  EXPECT_FALSE(bound.due(20 * kMb + kReserve - 1));
  EXPECT_TRUE(bound.due(20 * kMb + kReserve));
}

}  // namespace
}  // namespace tcpcopy::replayer
