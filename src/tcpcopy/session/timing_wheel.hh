// SPDX-License-Identifier: BSD-3-Clause
// One timer for each session, all in one hierarchical timing wheel with a grain of a millisecond.
//
// Rearming is lazy: a timer that is set to a later time than the one it stands at is left alone; it
// fires early, its owner looks at its deadlines and sets it again. So the deadlines that move with
// every packet cost nothing.
//
// No call takes long, however many timers there are: whole slots change hands at once, and their
// timers are sorted into finer slots some at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tcpcopy/time.hh"

namespace tcpcopy::session {

/// What can be in the wheel; derive from it. Touched by the wheel alone.
class TimerNode {
 private:
  friend class TimingWheel;
  TimerNode* previous_ = nullptr;
  TimerNode* next_ = nullptr;
  std::int64_t tick_ = 0;
};

class TimingWheel {
 public:
  explicit TimingWheel(Instant start);

  /// Sees to it that the node fires no later than `when`, rounded up to the grain. A time that has
  /// come fires with the next advance().
  void schedule(TimerNode& node, Instant when);

  void cancel(TimerNode& node);

  /// Takes the wheel to `now`: those whose time has come can be popped. When they are many, some
  /// only after further calls, which next() then asks for at once.
  void advance(Instant now);
  /// @return a node whose time had come at the last advance(), out of the wheel; null when there is
  ///   no other.
  TimerNode* pop();

  /// No node fires before this time; kNever when there is none.
  Instant next() const;

  std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kSlots = 256;
  static constexpr std::size_t kLevels = 3;
  static constexpr unsigned kBits = 8;

  struct Level {
    std::array<TimerNode, kSlots> slots;  // heads of circular lists
    std::array<std::uint64_t, kSlots / 64> used{};
  };

  void place(TimerNode& node);
  static void link(TimerNode& head, TimerNode& node);
  static void unlink(TimerNode& node);
  static bool empty(const TimerNode& head) { return head.next_ == &head; }
  static void move_all(TimerNode& from, TimerNode& to);
  void take_slot(std::size_t level, TimerNode& to);
  void sort_some(int& left);
  std::size_t slots_to_next(const Level& level, std::size_t from) const;

  std::array<Level, kLevels> levels_;
  TimerNode due_;       // head of those whose time has come
  TimerNode unsorted_;  // head of those whose slot's time has begun
  std::int64_t now_;    // the tick that the wheel stands at
  std::size_t size_ = 0;
};

}  // namespace tcpcopy::session
