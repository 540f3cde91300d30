// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/timing_wheel.hh"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace tcpcopy::session {
namespace {

using namespace std::chrono_literals;

const Instant kStart = Instant(1'000'003ms);

struct Timer : TimerNode {
  Instant due = kNever;  // by when it has to fire
  bool set = false;
};

TEST(TimingWheel, FiresWhenTheTimeHasComeAndNotBefore) {
  TimingWheel wheel(kStart);
  Timer timer;
  for (const Duration delay : {1ms, 2ms, 255ms, 256ms, 257ms, 65'535ms, 65'536ms, 3'600'000ms}) {
    wheel.schedule(timer, kStart + delay);
    EXPECT_EQ(wheel.size(), 1U);
    EXPECT_LE(wheel.next(), kStart + delay);
    wheel.cancel(timer);
  }
  EXPECT_EQ(wheel.next(), kNever);

  wheel.schedule(timer, kStart + 300ms);
  wheel.advance(kStart + 299ms);
  EXPECT_EQ(wheel.pop(), nullptr);
  wheel.advance(kStart + 300ms);
  EXPECT_EQ(wheel.pop(), &timer);
  EXPECT_EQ(wheel.pop(), nullptr);
  EXPECT_EQ(wheel.size(), 0U);
}

TEST(TimingWheel, ATimeThatHasComeFiresAtOnce) {
  TimingWheel wheel(kStart);
  Timer timer;
  wheel.schedule(timer, kStart - 5ms);
  EXPECT_LE(wheel.next(), kStart);
  wheel.advance(kStart);
  EXPECT_EQ(wheel.pop(), &timer);
}

TEST(TimingWheel, ALaterTimeIsLeftToTheOwner) {
  TimingWheel wheel(kStart);
  Timer timer;
  wheel.schedule(timer, kStart + 10ms);
  wheel.schedule(timer, kStart + 20ms);
  wheel.advance(kStart + 10ms);
  EXPECT_EQ(wheel.pop(), &timer);
}

TEST(TimingWheel, WhatIsDueMayBeCancelled) {
  TimingWheel wheel(kStart);
  std::vector<Timer> timers(3);
  for (Timer& timer : timers)
    wheel.schedule(timer, kStart + 10ms);
  wheel.advance(kStart + 10ms);
  wheel.cancel(timers[1]);
  EXPECT_EQ(wheel.pop(), &timers[0]);
  EXPECT_EQ(wheel.pop(), &timers[2]);
  EXPECT_EQ(wheel.pop(), nullptr);
}

// Timers of a coarse slot are sorted in parts: none is lost, none is early.
TEST(TimingWheel, ManyTimersOfOneSlotAreTakenInParts) {
  TimingWheel wheel(kStart);
  std::vector<Timer> timers(20'000);
  for (std::size_t i = 0; i < timers.size(); ++i)
    wheel.schedule(timers[i], kStart + 70'000ms + std::chrono::microseconds(i));
  const Instant end = kStart + 70'020ms;
  wheel.advance(end);
  std::size_t fired = 0;
  int calls = 1;
  for (; wheel.next() <= end; ++calls) {
    while (wheel.pop() != nullptr)
      ++fired;
    wheel.advance(end);
  }
  EXPECT_EQ(fired, timers.size());
  EXPECT_GT(calls, 3);
  EXPECT_EQ(wheel.size(), 0U);
}

// A thousand timers that are set, cancelled and fired at random, beside a list of what is due when.
TEST(TimingWheel, AgreesWithAListForAnySequence) {
  std::minstd_rand random(7);
  const auto up_to = [&](std::int64_t most) {
    return static_cast<std::int64_t>(random()) % (most + 1);
  };
  TimingWheel wheel(kStart);
  std::vector<Timer> timers(1000);
  Instant now = kStart;
  std::uint64_t fired = 0;
  for (int round = 0; round < 20'000; ++round) {
    Timer& timer = timers[static_cast<std::size_t>(up_to(999))];
    if (up_to(9) == 0) {
      wheel.cancel(timer);
      timer.set = false;
    } else {
      const std::int64_t farthest = std::int64_t{1} << up_to(36);  // of nanoseconds, up to a minute
      const Instant due = now + Duration(up_to(farthest));
      if (!timer.set || due < timer.due) timer.due = due;
      timer.set = true;
      wheel.schedule(timer, due);
    }
    ASSERT_LE(wheel.next(), timer.set ? timer.due + 1ms : kNever);
    now += Duration(up_to(std::int64_t{1} << up_to(30)));
    wheel.advance(now);
    while (TimerNode* node = wheel.pop()) {
      auto& popped = static_cast<Timer&>(*node);
      ASSERT_TRUE(popped.set);
      ASSERT_LE(popped.due, now);
      popped.set = false;
      ++fired;
    }
    for (const Timer& other : timers)
      ASSERT_FALSE(other.set && other.due + 1ms <= now) << "missed";
  }
  EXPECT_GT(fired, 5'000U);
}

}  // namespace
}  // namespace tcpcopy::session
