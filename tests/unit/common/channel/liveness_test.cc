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
