// SPDX-License-Identifier: BSD-3-Clause
#include "common/channel/liveness.hh"

#include <gtest/gtest.h>

namespace tcpcopy::channel {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTheirClock = 100h;  // ahead of ours
Instant at(Duration time) { return Instant(1h + time); }
Instant theirs(Duration time) { return at(time) + kTheirClock; }

TEST(Liveness, SaysNothingAndExpectsNothingBeforeItBegins) {
  Liveness liveness;
  EXPECT_FALSE(liveness.take_due(at(100h)));
  EXPECT_FALSE(liveness.dead(at(100h)));
  EXPECT_EQ(liveness.next_deadline(), kNever);
}

TEST(Liveness, SpeaksAtOnceAndThenOnceASecond) {
  Liveness liveness;
  liveness.begin(at(0s));
  EXPECT_TRUE(liveness.take_due(at(0s)));
  EXPECT_EQ(liveness.next_deadline(), at(1s));
  EXPECT_FALSE(liveness.take_due(at(1s - 1ns)));
  EXPECT_TRUE(liveness.take_due(at(1s)));
}

TEST(Liveness, AnEndOfWhomNothingComesIsDead) {
  Liveness liveness;
  liveness.begin(at(0s));
  liveness.on_heard(at(10s));  // whatever it was
  EXPECT_FALSE(liveness.dead(at(13s - 1ns)));
  EXPECT_TRUE(liveness.dead(at(13s)));
}

TEST(Liveness, WhatAnEndHasSeenGoesToTheOther) {
  Liveness here;
  Liveness there;
  here.begin(at(0s));
  there.begin(at(0s));
  here.set_seen({77, 3});
  there.on_alive(*here.take_due(at(0s)), at(0s));
  EXPECT_EQ(there.peers_seen(), (wire::Seen{77, 3}));
}

TEST(Liveness, ComparesTheClocks) {
  Liveness here;
  Liveness there;
  here.begin(at(0s));
  there.begin(theirs(0s));
  there.on_alive(*here.take_due(at(0s)), theirs(2ms));
  EXPECT_FALSE(there.round_trip()) << "one way says nothing";
  here.on_alive(*there.take_due(theirs(500ms)), at(504ms));  // 4 ms back
  ASSERT_TRUE(here.round_trip());
  EXPECT_EQ(*here.round_trip(), 6ms);
  EXPECT_EQ(*here.clock_offset(), kTheirClock - 1ms) << "off by half the difference of the ways";
}

/// They compare their clocks once. @param there, back: how long the messages are under way.
void compare(Liveness& here, Instant now, Duration there, Duration back) {
  const Instant sent = now - 500ms;
  const Instant answered = now - back + kTheirClock;
  here.on_alive({answered, sent, sent + there + kTheirClock, {}}, now);
}

TEST(Liveness, TheQuickestOfTheLastMessagesSaysHowTheClocksDiffer) {
  Liveness here;
  here.begin(at(0s));
  compare(here, at(1s), 100us, 100us);
  for (int i = 2; i <= 8; ++i) {
    compare(here, at(i * 1s), 100us, 40ms);  // something waits
    EXPECT_EQ(*here.clock_offset(), kTheirClock) << i;
    EXPECT_EQ(*here.round_trip(), 40100us);
  }
  compare(here, at(9s), 100us, 40ms);
  EXPECT_EQ(*here.clock_offset(), kTheirClock + (100us - 40ms) / 2) << "the good one is too old";
}

TEST(Liveness, OfTwoThatTookAsLongTheNewerCounts) {
  Liveness here;
  here.begin(at(0s));
  compare(here, at(1s), 100us, 300us);
  compare(here, at(2s), 300us, 100us);
  EXPECT_EQ(*here.clock_offset(), kTheirClock + 100us);
}

TEST(Liveness, KnowsHowOldIsWhatTheOtherEndSaw) {
  Liveness here;
  here.begin(at(0s));
  EXPECT_FALSE(here.age(theirs(1s), at(1s))) << "the clocks are not compared yet";
  compare(here, at(1s), 100us, 100us);
  EXPECT_EQ(here.age(theirs(2s), at(2s + 70us)), 70us);
  EXPECT_EQ(here.age(theirs(2s), at(2s - 70us)), 0us) << "not compared that well";
  EXPECT_FALSE(here.age(Instant(), at(2s))) << "it does not say";
  for (const Instant nonsense : {Instant::min(), Instant::max(), at(0s)})
    EXPECT_FALSE(here.age(nonsense, at(2s)));
}

TEST(Liveness, NonsenseOfTheOtherEndMeasuresNothing) {
  constexpr Instant kEarliest = Instant::min();
  for (const wire::Alive& alive :
       {wire::Alive{kNever, kNever, kEarliest, {}}, wire::Alive{kEarliest, kEarliest, kNever, {}},
        wire::Alive{at(0s), at(5s), at(0s), {}}}) {
    Liveness liveness;
    liveness.begin(at(0s));
    liveness.on_alive(alive, at(1s));
    if (liveness.round_trip()) {
      EXPECT_GE(*liveness.round_trip(), 0s);
      EXPECT_LE(*liveness.round_trip(), Liveness::kPatience);
    }
  }
}

}  // namespace
}  // namespace tcpcopy::channel
