// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/timing_wheel.hh"

#include <algorithm>
#include <bit>

namespace tcpcopy::session {
namespace {

constexpr int kSortedAtOnce = 256;  // nodes, each a miss of the caches
constexpr std::int64_t kGrain = std::chrono::nanoseconds(std::chrono::milliseconds(1)).count();

std::int64_t floor_tick(Instant when) { return when.time_since_epoch().count() / kGrain; }
std::int64_t ceil_tick(Instant when) {
  return (when.time_since_epoch().count() + kGrain - 1) / kGrain;
}
Instant at_tick(std::int64_t tick) { return Instant(Duration(tick * kGrain)); }

}  // namespace

TimingWheel::TimingWheel(Instant start) : now_(floor_tick(start)) {
  due_.previous_ = due_.next_ = &due_;
  unsorted_.previous_ = unsorted_.next_ = &unsorted_;
  for (Level& level : levels_) {
    for (TimerNode& head : level.slots)
      head.previous_ = head.next_ = &head;
  }
}

void TimingWheel::link(TimerNode& head, TimerNode& node) {
  node.previous_ = head.previous_;
  node.next_ = &head;
  head.previous_->next_ = &node;
  head.previous_ = &node;
}

void TimingWheel::unlink(TimerNode& node) {
  // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it does not see that a list is a circle
  node.previous_->next_ = node.next_;
  node.next_->previous_ = node.previous_;
  node.previous_ = node.next_ = nullptr;
}

void TimingWheel::schedule(TimerNode& node, Instant when) {
  if (when == kNever) return;  // what stands there may stay: it fires early, which is harmless
  const std::int64_t tick = ceil_tick(when);
  if (node.next_ != nullptr) {
    if (node.tick_ <= tick) return;
    unlink(node);
    --size_;
  }
  node.tick_ = tick;
  ++size_;
  place(node);
}

// The level is the lowest whose span reaches the tick; a used mark may outlive its nodes.
void TimingWheel::place(TimerNode& node) {
  const std::int64_t distance = node.tick_ - now_;
  if (distance <= 0) {
    link(due_, node);
    return;
  }
  std::size_t level = 0;
  while (level + 1 < kLevels && distance >> (kBits * (level + 1)) != 0)
    ++level;
  const std::int64_t farthest = (std::int64_t{1} << (kBits * kLevels)) - 1;
  const std::int64_t tick = now_ + std::min(distance, farthest);
  const auto slot = static_cast<std::size_t>(tick >> (kBits * level)) % kSlots;
  link(levels_[level].slots[slot], node);
  levels_[level].used[slot / 64] |= std::uint64_t{1} << (slot % 64);
}

void TimingWheel::cancel(TimerNode& node) {
  if (node.next_ == nullptr) return;
  unlink(node);
  --size_;
}

void TimingWheel::move_all(TimerNode& from, TimerNode& to) {
  if (empty(from)) return;
  from.next_->previous_ = to.previous_;
  to.previous_->next_ = from.next_;
  from.previous_->next_ = &to;
  to.previous_ = from.previous_;
  from.previous_ = from.next_ = &from;
}

// Empties the slot in which the level stands.
void TimingWheel::take_slot(std::size_t level, TimerNode& to) {
  const auto slot = static_cast<std::size_t>(now_ >> (kBits * level)) % kSlots;
  levels_[level].used[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  move_all(levels_[level].slots[slot], to);
}

// Puts nodes where they belong now that their time is near.
void TimingWheel::sort_some(int& left) {
  for (; left > 0 && !empty(unsorted_); --left) {
    TimerNode& node = *unsorted_.next_;
    unlink(node);
    place(node);
  }
}

// How many slots from `from` on to the next that is used, up to the level's end.
std::size_t TimingWheel::slots_to_next(const Level& level, std::size_t from) const {
  for (std::size_t slot = from; slot < kSlots;) {
    const std::uint64_t word = level.used[slot / 64] >> (slot % 64);
    if (word != 0) return slot - from + static_cast<std::size_t>(std::countr_zero(word));
    slot = (slot / 64 + 1) * 64;
  }
  return kSlots - from;
}

void TimingWheel::advance(Instant now) {
  const std::int64_t target = floor_tick(now);
  int left_to_sort = kSortedAtOnce;
  while (now_ < target) {
    if (size_ == 0) {
      now_ = target;
      break;
    }
    const auto from = static_cast<std::size_t>(now_ + 1) % kSlots;
    const std::size_t skip = from == 0 ? 0 : slots_to_next(levels_[0], from);
    now_ = std::min(target, now_ + 1 + static_cast<std::int64_t>(skip));
    for (std::size_t level = kLevels - 1; level > 0; --level) {
      const std::int64_t span = std::int64_t{1} << (kBits * level);
      if (now_ % span == 0) take_slot(level, unsorted_);
    }
    sort_some(left_to_sort);
    take_slot(0, due_);
  }
  sort_some(left_to_sort);
}

TimerNode* TimingWheel::pop() {
  if (empty(due_)) return nullptr;
  TimerNode* node = due_.next_;
  unlink(*node);
  --size_;
  return node;
}

Instant TimingWheel::next() const {
  if (size_ == 0) return kNever;
  if (!empty(due_) || !empty(unsorted_)) return at_tick(now_);
  const auto from = static_cast<std::size_t>(now_ + 1) % kSlots;
  if (from == 0) return at_tick(now_ + 1);
  return at_tick(now_ + 1 + static_cast<std::int64_t>(slots_to_next(levels_[0], from)));
}

}  // namespace tcpcopy::session
