// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/capture/missed_packets.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace tcpcopy::capture {
namespace {

std::vector<bool> first(int packets, MissedPackets missed) {
  std::vector<bool> which;
  for (int i = 0; i < packets; ++i)
    which.push_back(missed.next());
  return which;
}

TEST(MissedPackets, MissesNothingUnlessAsked) {
  const auto which = first(10'000, MissedPackets());
  EXPECT_EQ(std::count(which.begin(), which.end(), true), 0);
}

TEST(MissedPackets, MissesTheShareThatWasAskedFor) {
  const auto which = first(100'000, MissedPackets(1000));
  EXPECT_NEAR(static_cast<double>(std::count(which.begin(), which.end(), true)), 1000, 100);
}

TEST(MissedPackets, MissesTheSamePacketsEachTime) {
  EXPECT_EQ(first(10'000, MissedPackets(1000)), first(10'000, MissedPackets(1000)));
}

TEST(MissedPackets, MissesAllAndCountsThem) {
  MissedPackets missed(kLoseOutOf);
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(missed.next());
  EXPECT_EQ(missed.count(), 100U);
}

}  // namespace
}  // namespace tcpcopy::capture
