// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/event_loop.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/runtime/errors.hh"
#include "tests/unit/common/runtime/refused_watches.hh"

namespace tcpcopy::runtime {
namespace {

using namespace std::chrono_literals;

/// Two ends of a connection: what is written to one can be read from the other.
struct Pair {
  Pair() {
    std::array<int, 2> fds{-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()), 0);
    here = UniqueFd(fds[0]);
    there = UniqueFd(fds[1]);
  }
  void make_readable() const { EXPECT_EQ(::write(there.get(), "x", 1), 1); }
  void take() const {
    char c = 0;
    EXPECT_EQ(::read(here.get(), &c, 1), 1);
  }
  UniqueFd here;
  UniqueFd there;
};

class EventLoopTest : public testing::Test {
 protected:
  EventLoopTest() {
    guard_ = loop_.after(20s, [this] {
      ADD_FAILURE() << "the loop was not stopped";
      loop_.stop();
    });
  }
  void spin() {
    loop_.wake_by([this] { return loop_.now(); });
  }
  void stop_after_wake_ups(int wake_ups) {
    spin();
    loop_.at_end_of_wake_up([this, left = wake_ups]() mutable {
      if (--left == 0) loop_.stop();
    });
  }

  EventLoop loop_;
  Timer guard_;
};

// A source that always has more to be read; counts wake-ups until `most` of them or 200 ms are
// over. Returns how many there were, and how long they took.
std::pair<int, Duration> wake_ups_of_a_busy_loop(EventLoop& loop, int most) {
  Pair pair;
  pair.make_readable();
  int wake_ups = 0;
  const Watch watch = loop.watch(pair.here.get(), EPOLLIN, [](std::uint32_t) {});
  const Instant began = loop.now();
  loop.at_end_of_wake_up([&] {
    if (++wake_ups == most || loop.now() - began > 200ms) loop.stop();
  });
  loop.run();
  return {wake_ups, loop.now() - began};
}

TEST_F(EventLoopTest, SpacesWakeUpsOutUnderLoad) {
  loop_.space_wake_ups([] { return 10ms; });
  const auto [wake_ups, took] = wake_ups_of_a_busy_loop(loop_, 1000);
  EXPECT_LE(wake_ups, took / 10ms + 3);  // the first two come at once
  EXPECT_GE(wake_ups, 2);
}

TEST_F(EventLoopTest, SpacesNothingOutThatIsNotToBe) {
  loop_.space_wake_ups([] { return 0ms; });
  EXPECT_EQ(wake_ups_of_a_busy_loop(loop_, 1000).first, 1000);
}

TEST_F(EventLoopTest, SpacesNothingOutThatIsDue) {
  loop_.space_wake_ups([] { return 1h; });
  spin();
  EXPECT_EQ(wake_ups_of_a_busy_loop(loop_, 1000).first, 1000);
}

TEST_F(EventLoopTest, ATimerFiresOnceAndNotTooEarly) {
  const Instant begin = loop_.now();
  int fired = 0;
  const Timer timer = loop_.after(20ms, [&] {
    ++fired;
    EXPECT_GE(loop_.now(), begin + 20ms);
  });
  const Timer end = loop_.after(60ms, [&] { loop_.stop(); });
  loop_.run();
  EXPECT_EQ(fired, 1);
}

TEST_F(EventLoopTest, APeriodicTimerFiresAgainAfterEachPeriod) {
  std::vector<Instant> times{loop_.now()};
  const Timer timer = loop_.every(10ms, [&] {
    times.push_back(loop_.now());
    if (times.size() == 5) loop_.stop();
  });
  loop_.run();
  for (std::size_t i = 1; i < times.size(); ++i)
    EXPECT_GE(times[i] - times[i - 1], 10ms);
}

TEST_F(EventLoopTest, EachTimerFiresWhenItIsDue) {
  const Instant begin = loop_.now();
  std::vector<Duration> fired;
  std::vector<Timer> timers;
  for (const Duration delay : {30ms, 10ms, 0ms, 20ms}) {
    timers.push_back(loop_.after(delay, [&, delay] {
      EXPECT_GE(loop_.now(), begin + delay);
      fired.push_back(delay);
      if (fired.size() == 4) loop_.stop();
    }));
  }
  loop_.run();
  EXPECT_THAT(fired, testing::UnorderedElementsAre(0ms, 10ms, 20ms, 30ms));
}

TEST_F(EventLoopTest, ATimerMayAddTimers) {
  int fired = 0;
  std::vector<Timer> timers;
  const Timer first = loop_.after(1ms, [&] {
    for (int i = 0; i < 100; ++i) {  // enough to make their container grow
      timers.push_back(loop_.after(1ms, [&] {
        if (++fired == 100) loop_.stop();
      }));
    }
  });
  loop_.run();
  EXPECT_EQ(fired, 100);
}

TEST_F(EventLoopTest, ATimerWhoseOwnerIsGoneNeverFires) {
  int fired = 0;
  {
    const Timer once = loop_.after(1ms, [&] { ++fired; });
    const Timer again = loop_.every(1ms, [&] { ++fired; });
  }
  Timer replaced = loop_.after(1ms, [&] { ++fired; });
  replaced = loop_.after(20ms, [&] { loop_.stop(); });
  loop_.run();
  EXPECT_EQ(fired, 0);
}

TEST_F(EventLoopTest, ATimerThatWasMovedFiresAndDiesWithItsNewOwner) {
  int fired = 0;
  Timer moved;
  {
    Timer first = loop_.every(1ms, [&] { ++fired; });
    moved = std::move(first);
  }
  const Timer end = loop_.after(20ms, [&] {
    moved.reset();
    EXPECT_GT(fired, 0);
    fired = 0;
  });
  const Timer stop = loop_.after(40ms, [&] { loop_.stop(); });
  loop_.run();
  EXPECT_EQ(fired, 0);
}

TEST_F(EventLoopTest, ATimerMayForgetItselfAndAnotherThatIsDue) {
  int fired = 0;
  std::array<Timer, 2> timers;
  for (std::size_t i = 0; i < 2; ++i) {
    // The loop has to keep the callback, and what it holds, until it returns.
    timers[i] = loop_.every(1ms, [&, held = std::vector<int>(100, 7)] {
      for (Timer& timer : timers)
        timer.reset();
      ++fired;
      EXPECT_EQ(held.at(99), 7);
    });
  }
  const Timer stop = loop_.after(20ms, [&] { loop_.stop(); });
  loop_.run();
  EXPECT_EQ(fired, 1);
}

TEST_F(EventLoopTest, ATimerMayOutliveItsLoop) {
  Timer timer;
  {
    EventLoop loop;
    timer = loop.after(1h, [] {});
  }
  timer.reset();
}

TEST_F(EventLoopTest, AReadyDescriptorCallsBackUntilItIsRead) {
  const Pair pair;
  int calls = 0;
  Timer end;
  const Watch watch = loop_.watch(pair.here.get(), EPOLLIN, [&](std::uint32_t events) {
    EXPECT_EQ(events, std::uint32_t{EPOLLIN});
    if (++calls < 3) return;  // level-triggered: it calls again
    pair.take();
    end = loop_.after(20ms, [&] { loop_.stop(); });
  });
  pair.make_readable();
  loop_.run();
  EXPECT_EQ(calls, 3);
}

TEST_F(EventLoopTest, AWatchThatTheKernelRefusesIsSaidAndLeavesNothing) {
  const Pair pair;
  {
    const test::RefusedWatches refused(ENOSPC);
    EXPECT_FALSE(loop_.try_watch(pair.here.get(), EPOLLIN, [](std::uint32_t) { FAIL(); }));
    EXPECT_EQ(errno, ENOSPC);
    EXPECT_THROW(std::ignore = loop_.watch(pair.here.get(), EPOLLIN, {}), SystemError);
  }
  const Watch watch =
      loop_.try_watch(pair.here.get(), EPOLLIN, [&](std::uint32_t) { loop_.stop(); });
  EXPECT_TRUE(watch);
  pair.make_readable();
  loop_.run();
}

TEST_F(EventLoopTest, ACallbackMayForgetItself) {
  const Pair pair;
  int calls = 0;
  // The loop has to keep the callback, and what it holds, until it returns.
  Watch watch;
  watch =
      loop_.watch(pair.here.get(), EPOLLIN, [&, held = std::vector<int>(100, 7)](std::uint32_t) {
        watch.reset();
        ++calls;
        EXPECT_EQ(held.at(99), 7);
      });
  pair.make_readable();
  stop_after_wake_ups(5);
  loop_.run();
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, ACallbackMayForgetAndCloseAnotherThatIsReady) {
  std::array<Pair, 2> pairs;
  std::array<Watch, 2> watches;
  int calls = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    watches[i] = loop_.watch(pairs[i].here.get(), EPOLLIN, [&, other = 1 - i](std::uint32_t) {
      ++calls;
      watches[other].reset();
      pairs[other].here.reset();
    });
    pairs[i].make_readable();
  }
  stop_after_wake_ups(1);
  loop_.run();
  EXPECT_EQ(calls, 1);  // whichever was first
}

TEST_F(EventLoopTest, ACallbackMayWatchTheDescriptorThatItForgot) {
  const Pair pair;
  std::vector<int> calls;
  Watch watch;
  watch = loop_.watch(pair.here.get(), EPOLLIN, [&](std::uint32_t) {
    calls.push_back(1);
    watch.reset();
    watch = loop_.watch(pair.here.get(), EPOLLIN, [&](std::uint32_t) {
      calls.push_back(2);
      pair.take();
      loop_.stop();
    });
  });
  pair.make_readable();
  loop_.run();
  EXPECT_EQ(calls, (std::vector{1, 2}));
}

TEST_F(EventLoopTest, ACallbackMayWatchManyOthers) {
  std::vector<Pair> pairs(100);
  std::size_t calls = 0;
  const Pair first;
  std::vector<Watch> watches;
  const Watch watch = loop_.watch(first.here.get(), EPOLLIN, [&](std::uint32_t) {
    first.take();
    for (Pair& pair : pairs) {
      pair.make_readable();
      watches.push_back(loop_.watch(pair.here.get(), EPOLLIN, [&](std::uint32_t) {
        pair.take();
        if (++calls == pairs.size()) loop_.stop();
      }));
    }
  });
  first.make_readable();
  loop_.run();
  EXPECT_EQ(calls, 100U);
}

TEST_F(EventLoopTest, TheEventsOfAWatchCanBeChanged) {
  const Pair pair;
  std::vector<std::uint32_t> seen;
  Watch watch;
  watch = loop_.watch(pair.here.get(), EPOLLIN, [&](std::uint32_t events) {
    seen.push_back(events);
    watch.change(EPOLLIN);
  });
  watch.change(EPOLLIN | EPOLLOUT);
  stop_after_wake_ups(3);
  loop_.run();
  EXPECT_EQ(seen, std::vector<std::uint32_t>{EPOLLOUT});
}

TEST_F(EventLoopTest, AWatchWhoseOwnerIsGoneCallsNobody) {
  const Pair pair;
  {
    const Watch gone = loop_.watch(pair.here.get(), EPOLLIN, [](std::uint32_t) { FAIL(); });
  }
  pair.make_readable();
  stop_after_wake_ups(3);
  loop_.run();
}

TEST_F(EventLoopTest, AWatchThatWasMovedIsItsNewOwners) {
  const Pair pair;
  int calls = 0;
  Watch moved;
  {
    Watch first = loop_.watch(pair.here.get(), EPOLLIN, [&](std::uint32_t) { ++calls; });
    moved = std::move(first);
  }
  pair.make_readable();
  stop_after_wake_ups(3);
  loop_.run();
  EXPECT_GT(calls, 0);
}

TEST_F(EventLoopTest, ADescriptorThatIsNoneIsRefused) {
  EXPECT_THROW(std::ignore = loop_.watch(-1, EPOLLIN, [](std::uint32_t) {}), SystemError);
}

TEST_F(EventLoopTest, TheEndOfAWakeUpComesAfterItsEventsAndTimers) {
  const Pair pair;
  std::vector<std::string> order;
  const Watch watch = loop_.watch(pair.here.get(), EPOLLIN, [&](std::uint32_t) {
    order.emplace_back("event");
    pair.take();
  });
  const Timer timer = loop_.after(0ms, [&] { order.emplace_back("timer"); });
  loop_.at_end_of_wake_up([&] { order.emplace_back("end"); });
  loop_.at_end_of_wake_up([&] { loop_.stop(); });
  pair.make_readable();
  loop_.run();
  EXPECT_EQ(order, (std::vector<std::string>{"event", "timer", "end"}));
}

TEST_F(EventLoopTest, TheEndOfAWakeUpComesEveryTime) {
  int ends = 0;
  loop_.at_end_of_wake_up([&] { ++ends; });
  stop_after_wake_ups(4);
  loop_.run();
  EXPECT_EQ(ends, 4);
}

TEST_F(EventLoopTest, TheClockStandsStillWithinAWakeUp) {
  Instant seen;
  const Timer timer = loop_.after(0ms, [&] {
    seen = loop_.now();
    ::usleep(2000);
    EXPECT_EQ(loop_.now(), seen);
  });
  loop_.at_end_of_wake_up([&] {
    if (seen == Instant()) return;
    EXPECT_EQ(loop_.now(), seen);
    loop_.stop();
  });
  loop_.run();
}

TEST_F(EventLoopTest, AWakeUpIsOverWhenItHasLastedLongEnough) {
  bool over = false;
  const Timer timer = loop_.after(0ms, [&] {
    ::usleep(2000);
    over = loop_.wake_up_is_over();
    EXPECT_TRUE(over);
  });
  spin();
  loop_.at_end_of_wake_up([&] {
    if (over && !loop_.wake_up_is_over()) loop_.stop();  // a later wake-up, which was short
  });
  loop_.run();
}

TEST_F(EventLoopTest, WakesByADeadline) {
  const Instant deadline = loop_.now() + 30ms;
  loop_.wake_by([&] { return deadline; });
  loop_.wake_by([] { return kNever; });
  loop_.at_end_of_wake_up([&] { loop_.stop(); });
  loop_.run();
  EXPECT_GE(loop_.now(), deadline);
}

TEST_F(EventLoopTest, CanRunAgain) {
  int ends = 0;
  spin();
  loop_.at_end_of_wake_up([&] {
    ++ends;
    loop_.stop();
  });
  loop_.run();
  loop_.run();
  EXPECT_EQ(ends, 2);
}

TEST_F(EventLoopTest, SignalsCallBack) {
  sigset_t before;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
  std::vector<int> signals;
  loop_.on_signals({SIGUSR1, SIGUSR2}, [&](int signal) {
    signals.push_back(signal);
    if (signals.size() == 2) loop_.stop();
  });
  ::raise(SIGUSR1);
  ::raise(SIGUSR2);
  loop_.run();
  EXPECT_EQ(signals, (std::vector{SIGUSR1, SIGUSR2}));
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace tcpcopy::runtime
