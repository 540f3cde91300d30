// SPDX-License-Identifier: BSD-3-Clause
#include "common/container/recent_set.hh"

#include <gtest/gtest.h>

namespace tcpcopy::container {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLifetime = 30s;

Instant at(Duration time) { return Instant(1'000'000s + time); }

// Spreads numbers over all 64 bits, as a hash does.
std::uint64_t hash(std::uint64_t number) {
  number = (number ^ (number >> 30U)) * 0xbf58476d1ce4e5b9U;
  number = (number ^ (number >> 27U)) * 0x94d049bb133111ebU;
  return number ^ (number >> 31U);
}

TEST(RecentSet, IsEmptyAtFirst) {
  RecentSet set(kLifetime);
  EXPECT_FALSE(set.contains(hash(1), at(0s)));
  EXPECT_FALSE(set.contains(0, at(0s)));
  set.erase(hash(1));
  set.insert(hash(2), at(0s));
  EXPECT_FALSE(set.contains(hash(1), at(0s)));
  EXPECT_FALSE(set.contains(0, at(0s)));
}

TEST(RecentSet, RemembersForItsLifetime) {
  RecentSet set(kLifetime);
  set.insert(hash(1), at(0s));
  EXPECT_TRUE(set.contains(hash(1), at(0s)));
  EXPECT_TRUE(set.contains(hash(1), at(kLifetime)));
  EXPECT_FALSE(set.contains(hash(1), at(kLifetime + 1s)));
}

TEST(RecentSet, InsertingAnewBeginsTheLifetimeAnew) {
  RecentSet set(kLifetime);
  set.insert(hash(1), at(0s));
  set.insert(hash(1), at(20s));
  EXPECT_TRUE(set.contains(hash(1), at(50s)));
  set.erase(hash(1));
  EXPECT_FALSE(set.contains(hash(1), at(50s)));
}

TEST(RecentSet, HoldsHalfOfItsCapacityWithoutLoss) {
  constexpr std::uint64_t kCount = RecentSet::kCapacity / 2;
  RecentSet set(kLifetime);
  for (std::uint64_t i = 0; i < kCount; ++i)
    set.insert(hash(i), at(0s));
  std::uint64_t found = 0;
  for (std::uint64_t i = 0; i < kCount; ++i)
    found += set.contains(hash(i), at(1s)) ? 1U : 0U;
  EXPECT_GT(static_cast<double>(found), 0.98 * static_cast<double>(kCount));
  std::uint64_t others = 0;
  for (std::uint64_t i = kCount; i < 2 * kCount; ++i)
    others += set.contains(hash(i), at(1s)) ? 1U : 0U;
  EXPECT_LE(others, 2U);
}

TEST(RecentSet, TheOldestMakeRoom) {
  constexpr std::uint64_t kCount = 2 * RecentSet::kCapacity;
  RecentSet set(kLifetime);
  for (std::uint64_t i = 0; i < kCount; ++i)
    set.insert(hash(i), at(i < kCount / 2 ? 0s : 5s));
  std::uint64_t old = 0;
  std::uint64_t young = 0;
  for (std::uint64_t i = 0; i < kCount; ++i)
    (i < kCount / 2 ? old : young) += set.contains(hash(i), at(6s)) ? 1U : 0U;
  EXPECT_GT(young, 4 * old);
}

}  // namespace
}  // namespace tcpcopy::container
