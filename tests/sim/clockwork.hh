// SPDX-License-Identifier: BSD-3-Clause
// Virtual time: events in the order of their times, and of their making where these are equal.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "tcpcopy/time.hh"

namespace tcpcopy::sim {

class Clockwork {
 public:
  using Action = std::function<void()>;

  Instant now() const { return now_; }
  void at(Instant when, Action action) {
    events_.push({std::max(when, now_), next_++, std::move(action)});
  }
  void after(Duration delay, Action action) { at(now_ + delay, std::move(action)); }

  /// Runs the next event. @return false when there is none before `limit`.
  bool step(Instant limit) {
    if (events_.empty() || events_.top().when > limit) return false;
    Event event = events_.top();
    events_.pop();
    now_ = event.when;
    ++steps_;
    event.action();
    return true;
  }

  std::uint64_t steps() const { return steps_; }

 private:
  struct Event {
    Instant when;
    std::uint64_t number;
    Action action;
    bool operator<(const Event& other) const {
      return std::pair(other.when, other.number) < std::pair(when, number);
    }
  };

  std::priority_queue<Event> events_;
  Instant now_{std::chrono::seconds(100)};
  std::uint64_t next_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace tcpcopy::sim
