// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/event_loop.hh"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>
#include <utility>

#include "common/runtime/errors.hh"

namespace tcpcopy::runtime {
namespace {

constexpr std::size_t kEventsPerTurn = 64;
constexpr Duration kTurnLength = std::chrono::microseconds(500);

Instant clock() { return Instant(std::chrono::steady_clock::now().time_since_epoch()); }

Duration thread_cpu_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

EventLoop::EventLoop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw SystemError("epoll_create1: " + error_text(errno));
  now_ = clock();
}

EventLoop::~EventLoop() = default;

void EventLoop::watch(int fd, std::uint32_t events, ReadyCallback callback) {
  if (!try_watch(fd, events, std::move(callback))) {
    throw SystemError("epoll_ctl: " + error_text(errno));
  }
}

bool EventLoop::try_watch(int fd, std::uint32_t events, ReadyCallback callback) {
  auto watch = std::make_unique<Watch>(Watch{std::move(callback)});
  epoll_event event{};
  event.events = events;
  event.data.ptr = watch.get();
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return false;
  watches_[fd] = std::move(watch);
  return true;
}

void EventLoop::change(int fd, std::uint32_t events) {
  const auto found = watches_.find(fd);
  if (found == watches_.end()) return;
  epoll_event event{};
  event.events = events;
  event.data.ptr = found->second.get();
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::forget(int fd) {
  const auto found = watches_.find(fd);
  if (found == watches_.end()) return;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  // Events of this turn may still point at it.
  found->second->active = false;
  forgotten_.push_back(std::move(found->second));
  watches_.erase(found);
}

void EventLoop::every(Duration period, Callback callback) {
  timers_.push_back({now_ + period, period, std::move(callback)});
}

void EventLoop::after(Duration delay, Callback callback) {
  timers_.push_back({now_ + delay, Duration(0), std::move(callback)});
}

void EventLoop::on_signals(const std::vector<int>& signals, SignalCallback callback) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals)
    sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = UniqueFd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!signals_) throw SystemError("signalfd: " + error_text(errno));
  watch(signals_.get(), EPOLLIN, [this, callback = std::move(callback)](std::uint32_t) {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
      callback(static_cast<int>(info.ssi_signo));
    }
  });
}

int EventLoop::sleep_ms() const {
  Instant deadline = kNever;
  for (const Timer& timer : timers_)
    deadline = std::min(deadline, timer.due);
  for (const auto& source : deadlines_)
    deadline = std::min(deadline, source());
  if (deadline == kNever) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now_).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

void EventLoop::fire_timers() {
  // Callbacks may add timers, so those that are due are taken out first.
  const auto due = std::partition(timers_.begin(), timers_.end(),
                                  [&](const Timer& timer) { return timer.due > now_; });
  std::vector<Timer> fired(std::make_move_iterator(due), std::make_move_iterator(timers_.end()));
  timers_.erase(due, timers_.end());
  for (Timer& timer : fired) {
    timer.callback();
    if (timer.period > Duration(0)) {
      timers_.push_back({now_ + timer.period, timer.period, std::move(timer.callback)});
    }
  }
}

void EventLoop::space_turns(Duration spacing, std::function<bool()> wanted) {
  spacing_ = spacing;
  spacing_wanted_ = std::move(wanted);
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // else the kernel rounds such short sleeps up by 50 us
}

void EventLoop::wait_under_load() {
  const bool busy = now_ - previous_ < 2 * spacing_;
  if (!busy || !spacing_wanted_()) return;
  const Duration until = (now_ + spacing_).time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(until);
  const timespec at{seconds.count(), (until - seconds).count()};
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
}

void EventLoop::turn() {
  const int timeout = sleep_ms();  // from now_, which is when the last turn began
  if (timeout != 0) wait_under_load();
  std::array<epoll_event, kEventsPerTurn> events{};
  const int count = ::epoll_wait(epoll_.get(), events.data(), kEventsPerTurn, timeout);
  previous_ = now_;
  now_ = clock();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    auto* watch = static_cast<Watch*>(event.data.ptr);
    if (watch->active) watch->callback(event.events);
  }
  fire_timers();
  for (const Callback& callback : end_of_turn_)
    callback();
  forgotten_.clear();
  measure_turn();
}

bool EventLoop::turn_is_over() {
  if (before_clock_) before_clock_();
  return clock() - now_ >= kTurnLength;
}

void EventLoop::measure_turn() {
  const Duration cpu = thread_cpu_time();
  const Duration taken = cpu - std::exchange(cpu_so_far_, cpu);
  turn_times_.longest = std::max(turn_times_.longest, clock() - now_);
  turn_times_.most_cpu = std::max(turn_times_.most_cpu, taken);
  ++turn_times_.turns;
  if (taken > kLongTurn) ++turn_times_.long_turns;
}

void EventLoop::run() {
  running_ = true;
  cpu_so_far_ = thread_cpu_time();
  while (running_)
    turn();
}

}  // namespace tcpcopy::runtime
