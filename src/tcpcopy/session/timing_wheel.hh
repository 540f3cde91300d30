// SPDX-License-Identifier: BSD-3-Clause
// One timer for each session, all in one hierarchical timing wheel with a grain of a millisecond.
//
// Rearming is lazy: a timer that is set to a later time than the one it stands at is left alone; it
// fires early, its owner looks at its deadlines and sets it again. So the deadlines that move with
// every packet cost nothing.
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

  /// Takes the wheel to `now`.
  /// @return the nodes whose time has come, out of the wheel, chained; walk them with pop().
  TimerNode* advance(Instant now);
  /// @return the first node of the chain, which is then the rest; null at its end. A node may be
  ///   scheduled or destroyed once it was popped, and not before.
  static TimerNode* pop(TimerNode*& chain);

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
  void take_slot(TimerNode& head, TimerNode*& chain, TimerNode*& last);
  void cascade(std::size_t level);
  std::size_t slots_to_next(const Level& level, std::size_t from) const;

  std::array<Level, kLevels> levels_;
  TimerNode due_;     // head of those whose time had come when they were scheduled
  std::int64_t now_;  // the tick that the wheel stands at; all before have fired
  std::size_t size_ = 0;
};

}  // namespace tcpcopy::session
