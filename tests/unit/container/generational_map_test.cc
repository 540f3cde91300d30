// SPDX-License-Identifier: BSD-3-Clause
#include "common/container/generational_map.hh"

#include <gtest/gtest.h>

#include <string>

namespace tcpcopy {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPeriod = 10s;

Instant at(Duration time) { return Instant(1'000'000s + time); }

using Map = GenerationalMap<int, std::string>;

TEST(GenerationalMap, FindsWhatWasInserted) {
  Map map(kPeriod, 10);
  EXPECT_TRUE(map.insert(1, "one", at(0s)));
  ASSERT_NE(map.touch(1, at(0s)), nullptr);
  EXPECT_EQ(*map.touch(1, at(0s)), "one");
  EXPECT_EQ(map.touch(2, at(0s)), nullptr);
  EXPECT_EQ(map.size(), 1U);
}

TEST(GenerationalMap, InsertReplacesAValueOfEitherGeneration) {
  Map map(kPeriod, 10);
  map.insert(1, "young", at(0s));
  EXPECT_TRUE(map.insert(1, "again", at(1s)));
  EXPECT_EQ(*map.touch(1, at(1s)), "again");
  map.contains(1, at(11s));  // the first generation is old now
  EXPECT_TRUE(map.insert(1, "new", at(11s)));
  EXPECT_EQ(*map.touch(1, at(11s)), "new");
  EXPECT_EQ(map.size(), 1U);
}

TEST(GenerationalMap, KeepsAnEntryForAtLeastOnePeriod) {
  Map map(kPeriod, 10);
  for (Duration now = 0s; now < 50s; now += 1s)
    map.contains(0, at(now));  // generations change as time passes
  map.insert(1, "one", at(50s));
  for (Duration now = 50s; now < 60s; now += 1s)
    EXPECT_TRUE(map.contains(1, at(now)));
}

TEST(GenerationalMap, ForgetsAnEntryAfterTwoPeriods) {
  Map map(kPeriod, 10);
  map.insert(1, "one", at(0s));
  for (Duration now = 1s; now < 20s; now += 1s)
    map.contains(0, at(now));
  EXPECT_FALSE(map.contains(1, at(20s)));
  EXPECT_EQ(map.touch(1, at(20s)), nullptr);
  EXPECT_EQ(map.size(), 0U);
}

TEST(GenerationalMap, TouchKeepsAnEntryAlive) {
  Map map(kPeriod, 10);
  map.insert(1, "one", at(0s));
  for (Duration now = 5s; now < 200s; now += 5s) {
    ASSERT_NE(map.touch(1, at(now)), nullptr);
    EXPECT_EQ(*map.touch(1, at(now)), "one");
  }
  EXPECT_EQ(map.size(), 1U);
}

TEST(GenerationalMap, LookingDoesNotKeepAnEntryAlive) {
  Map map(kPeriod, 10);
  map.insert(1, "one", at(0s));
  bool there = true;
  for (Duration now = 1s; now <= 20s; now += 1s)
    there = map.contains(1, at(now));
  EXPECT_FALSE(there);
}

TEST(GenerationalMap, ForgetsAllAfterALongSilence) {
  Map map(kPeriod, 10);
  map.insert(1, "one", at(0s));
  map.contains(1, at(11s));
  map.insert(2, "two", at(12s));
  EXPECT_EQ(map.size(), 2U);
  EXPECT_FALSE(map.contains(1, at(1000s)));
  EXPECT_FALSE(map.contains(2, at(1000s)));
  EXPECT_EQ(map.size(), 0U);
}

TEST(GenerationalMap, AChangeThroughTouchStays) {
  Map map(kPeriod, 10);
  map.insert(1, "one", at(0s));
  *map.touch(1, at(1s)) = "changed";
  EXPECT_EQ(*map.touch(1, at(11s)), "changed");  // it moved to the young generation
  EXPECT_EQ(*map.touch(1, at(12s)), "changed");
}

TEST(GenerationalMap, ErasesFromBothGenerations) {
  Map map(kPeriod, 10);
  map.insert(1, "old", at(0s));
  map.contains(1, at(11s));
  map.insert(2, "young", at(11s));
  map.erase(1);
  map.erase(2);
  map.erase(3);
  EXPECT_EQ(map.size(), 0U);
  EXPECT_FALSE(map.contains(1, at(11s)));
  EXPECT_FALSE(map.contains(2, at(11s)));
}

TEST(GenerationalMap, RefusesEntriesBeyondItsCapacity) {
  Map map(kPeriod, 2);
  EXPECT_TRUE(map.insert(1, "one", at(0s)));
  map.contains(1, at(11s));
  EXPECT_TRUE(map.insert(2, "two", at(11s)));  // both generations count
  EXPECT_FALSE(map.insert(3, "three", at(11s)));
  EXPECT_EQ(map.touch(3, at(11s)), nullptr);
  EXPECT_EQ(map.size(), 2U);
}

TEST(GenerationalMap, AFullMapStillReplacesItsEntries) {
  Map map(kPeriod, 2);
  map.insert(1, "one", at(0s));
  map.contains(1, at(11s));
  map.insert(2, "two", at(11s));
  EXPECT_TRUE(map.insert(1, "uno", at(11s)));
  EXPECT_TRUE(map.insert(2, "dos", at(11s)));
  EXPECT_EQ(*map.touch(1, at(11s)), "uno");
  EXPECT_EQ(*map.touch(2, at(11s)), "dos");
}

TEST(GenerationalMap, ForgottenEntriesMakeRoom) {
  Map map(kPeriod, 1);
  EXPECT_TRUE(map.insert(1, "one", at(0s)));
  EXPECT_FALSE(map.insert(2, "two", at(5s)));
  EXPECT_TRUE(map.insert(2, "two", at(25s)));
}

TEST(GenerationalMap, ForgetsWithoutBeingAskedForAnything) {
  Map map(kPeriod, 10);
  map.insert(1, "one", at(0s));
  map.forget(at(9s));
  EXPECT_EQ(map.size(), 1U);
  map.forget(at(30s));
  EXPECT_EQ(map.size(), 0U);
}

}  // namespace
}  // namespace tcpcopy
