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

constexpr std::size_t kEventsPerWakeUp = 64;
constexpr Duration kWakeUpLength = std::chrono::microseconds(500);

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

EventLoop::~EventLoop() { signal_watch_.reset(); }

void Timer::reset() {
  if (!entry_) return;
  entry_->active = false;  // the loop lets go of it when it next looks
  entry_.reset();
}

void Watch::change(std::uint32_t events) { entry_->loop->change(*entry_, events); }

void Watch::reset() {
  if (!entry_) return;
  EventLoop* loop = entry_->loop;
  loop->forget(std::move(entry_));
}

Watch EventLoop::watch(int fd, std::uint32_t events, ReadyCallback callback) {
  Watch watch = try_watch(fd, events, std::move(callback));
  if (!watch) throw SystemError("epoll_ctl: " + error_text(errno));
  return watch;
}

Watch EventLoop::try_watch(int fd, std::uint32_t events, ReadyCallback callback) {
  auto entry = std::make_unique<Watch::Entry>(Watch::Entry{this, fd, std::move(callback)});
  epoll_event event{};
  event.events = events;
  event.data.ptr = entry.get();
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return {};
  return Watch(std::move(entry));
}

void EventLoop::change(Watch::Entry& entry, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &entry;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, entry.fd, &event);
}

void EventLoop::forget(std::unique_ptr<Watch::Entry> entry) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, entry->fd, nullptr);
  // Events of this wake-up may still point at it.
  entry->active = false;
  forgotten_.push_back(std::move(entry));
}

Timer EventLoop::every(Duration period, Callback callback) {
  timers_.push_back(
      std::make_shared<Timer::Entry>(Timer::Entry{now_ + period, period, std::move(callback)}));
  return Timer(timers_.back());
}

Timer EventLoop::after(Duration delay, Callback callback) {
  timers_.push_back(
      std::make_shared<Timer::Entry>(Timer::Entry{now_ + delay, Duration(0), std::move(callback)}));
  return Timer(timers_.back());
}

void EventLoop::on_signals(const std::vector<int>& signals, SignalCallback callback) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals)
    sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = UniqueFd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!signals_) throw SystemError("signalfd: " + error_text(errno));
  signal_watch_ =
      watch(signals_.get(), EPOLLIN, [this, callback = std::move(callback)](std::uint32_t) {
        signalfd_siginfo info{};
        while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
          callback(static_cast<int>(info.ssi_signo));
        }
      });
}

int EventLoop::sleep_ms() const {
  Instant deadline = kNever;
  for (const auto& timer : timers_)
    if (timer->active) deadline = std::min(deadline, timer->due);
  for (const auto& source : deadlines_)
    deadline = std::min(deadline, source());
  if (deadline == kNever) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now_).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

void EventLoop::fire_timers() {
  // Callbacks may add timers, so those that are due are taken out first; and may forget others.
  const auto due = std::partition(timers_.begin(), timers_.end(), [&](const auto& timer) {
    return timer->active && timer->due > now_;
  });
  std::vector<std::shared_ptr<Timer::Entry>> fired(std::make_move_iterator(due),
                                                   std::make_move_iterator(timers_.end()));
  timers_.erase(due, timers_.end());
  for (auto& timer : fired) {
    if (timer->active) timer->callback();
    if (!timer->active || timer->period == Duration(0)) continue;
    timer->due = now_ + timer->period;
    timers_.push_back(std::move(timer));
  }
}

void EventLoop::space_wake_ups(std::function<Duration()> spacing) {
  spacing_ = std::move(spacing);
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // else the kernel rounds such short sleeps up by 50 us
}

void EventLoop::wait_under_load() {
  const Duration spacing = spacing_ ? spacing_() : Duration(0);
  if (now_ - previous_ >= 2 * spacing) return;  // not under load
  const Duration until = (now_ + spacing).time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(until);
  const timespec at{seconds.count(), (until - seconds).count()};
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
}

void EventLoop::wake_up() {
  const int timeout = sleep_ms();  // from now_, which is when the last wake-up began
  if (timeout != 0) wait_under_load();
  std::array<epoll_event, kEventsPerWakeUp> events{};
  const int count = ::epoll_wait(epoll_.get(), events.data(), kEventsPerWakeUp, timeout);
  previous_ = now_;
  now_ = clock();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    auto* watch = static_cast<Watch::Entry*>(event.data.ptr);
    if (watch->active) watch->callback(event.events);
  }
  fire_timers();
  for (const Callback& callback : end_of_wake_up_)
    callback();
  forgotten_.clear();
  measure_wake_up();
}

bool EventLoop::wake_up_is_over() {
  if (before_clock_) before_clock_();
  return clock() - now_ >= kWakeUpLength;
}

void EventLoop::measure_wake_up() {
  const Duration cpu = thread_cpu_time();
  const Duration taken = cpu - std::exchange(cpu_so_far_, cpu);
  wake_up_times_.longest = std::max(wake_up_times_.longest, clock() - now_);
  wake_up_times_.most_cpu = std::max(wake_up_times_.most_cpu, taken);
  ++wake_up_times_.wake_ups;
  if (taken > kLongWakeUp) ++wake_up_times_.long_wake_ups;
}

void EventLoop::run() {
  running_ = true;
  cpu_so_far_ = thread_cpu_time();
  while (running_)
    wake_up();
}

}  // namespace tcpcopy::runtime
