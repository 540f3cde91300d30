// SPDX-License-Identifier: BSD-3-Clause
// One epoll loop: descriptors, timers, signals, and what has to happen at the end of each wake-up.
//
// Everything in a wake-up sees the same now(), for which the clock is read once.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "common/runtime/unique_fd.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::runtime {

class EventLoop;

/// A callback that waits for its time: forgotten when this is destroyed, or given another.
class [[nodiscard]] Timer {
 public:
  Timer() = default;
  ~Timer() { reset(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  Timer(Timer&&) = default;
  Timer& operator=(Timer&& other) noexcept {
    reset();
    entry_ = std::move(other.entry_);
    return *this;
  }

  /// May be called from within the callback itself.
  void reset();

 private:
  friend class EventLoop;
  struct Entry {
    Instant due;
    Duration period;  // zero: once
    std::function<void()> callback;
    bool active = true;
  };
  explicit Timer(std::shared_ptr<Entry> entry) : entry_(std::move(entry)) {}

  std::shared_ptr<Entry> entry_;
};

/// A descriptor that is watched: forgotten when this is destroyed. REQUIRES: before the descriptor
/// is closed, and before the loop is gone.
class [[nodiscard]] Watch {
 public:
  Watch() = default;
  ~Watch() { reset(); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  Watch(Watch&&) = default;
  Watch& operator=(Watch&& other) noexcept {
    reset();
    entry_ = std::move(other.entry_);
    return *this;
  }

  /// Whether anything is watched.
  explicit operator bool() const { return entry_ != nullptr; }
  /// REQUIRES: something is watched.
  void change(std::uint32_t events);
  /// May be called from within the callback itself.
  void reset();

 private:
  friend class EventLoop;
  struct Entry {
    EventLoop* loop;
    int fd;
    std::function<void(std::uint32_t)> callback;
    bool active = true;
  };
  explicit Watch(std::unique_ptr<Entry> entry) : entry_(std::move(entry)) {}

  std::unique_ptr<Entry> entry_;
};

class EventLoop {
 public:
  using ReadyCallback = std::function<void(std::uint32_t events)>;
  using Callback = std::function<void()>;
  using SignalCallback = std::function<void(int signal)>;

  /// Throws SystemError when the kernel gives no epoll descriptor.
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  EventLoop(EventLoop&&) = delete;
  EventLoop& operator=(EventLoop&&) = delete;

  /// Calls back, level-triggered, when one of `events` (EPOLLIN, EPOLLOUT) holds on the descriptor.
  /// The descriptor stays the caller's. For the start alone: throws SystemError.
  Watch watch(int fd, std::uint32_t events, ReadyCallback callback);
  /// The same while the loop runs, for a descriptor that can be done without.
  /// @return a watch of nothing, and errno set, when the kernel refuses: it has a limit of its own.
  Watch try_watch(int fd, std::uint32_t events, ReadyCallback callback);

  /// Calls back again and again; the first time after one period.
  Timer every(Duration period, Callback callback);
  /// Calls back once.
  Timer after(Duration delay, Callback callback);
  /// Blocks the signals from their usual effect and calls back for each. Throws SystemError.
  void on_signals(const std::vector<int>& signals, SignalCallback callback);
  /// Calls back at the end of every wake-up.
  void at_end_of_wake_up(Callback callback) { end_of_wake_up_.push_back(std::move(callback)); }
  /// Asked before each sleep: by when must the next wake-up begin?
  void wake_by(std::function<Instant()> deadline) { deadlines_.push_back(std::move(deadline)); }

  /// Under load a wake-up begins so long after the one before, if not earlier wanted: a wake-up
  /// costs as much as several packets, so it pays to find more of them. What comes after a pause is
  /// still taken at once.
  /// @param spacing asked before each sleep; zero: none.
  void space_wake_ups(std::function<Duration()> spacing);

  /// This wake-up has lasted long enough: what can wait is for the next, so that whatever packets
  /// cost to send, no source waits long. Asked between pieces of work, through Budget: it reads the
  /// clock, after what before_clock() was given.
  bool wake_up_is_over();
  /// Calls back before each look at the clock between pieces of work.
  void before_clock(Callback callback) { before_clock_ = std::move(callback); }

  /// A wake-up that takes more CPU time than this is a long one.
  static constexpr Duration kLongWakeUp = std::chrono::milliseconds(5);

  /// How long the wake-ups so far have taken.
  struct WakeUpTimes {
    Duration longest{0};   ///< without its sleep; with what it waited for a core
    Duration most_cpu{0};  ///< of this thread, from one wake-up's end to the next
    std::uint64_t wake_ups = 0;
    std::uint64_t long_wake_ups = 0;
  };
  const WakeUpTimes& wake_up_times() const { return wake_up_times_; }

  /// The time at which this wake-up began.
  Instant now() const { return now_; }

  /// Runs until stop().
  void run();
  void stop() { running_ = false; }

 private:
  friend class Watch;

  void change(Watch::Entry& entry, std::uint32_t events);
  void forget(std::unique_ptr<Watch::Entry> entry);
  void wake_up();
  void wait_under_load();
  void fire_timers();
  void measure_wake_up();
  int sleep_ms() const;

  UniqueFd epoll_;
  UniqueFd signals_;
  Watch signal_watch_;
  std::vector<std::unique_ptr<Watch::Entry>> forgotten_;  // until the end of the wake-up
  std::vector<std::shared_ptr<Timer::Entry>> timers_;
  std::vector<Callback> end_of_wake_up_;
  Callback before_clock_;
  std::vector<std::function<Instant()>> deadlines_;
  std::function<Duration()> spacing_;
  WakeUpTimes wake_up_times_;
  Duration cpu_so_far_{0};  // of this thread, at the end of the last wake-up
  Instant now_;
  Instant previous_;  // when the wake-up before began
  bool running_ = false;
};

}  // namespace tcpcopy::runtime
