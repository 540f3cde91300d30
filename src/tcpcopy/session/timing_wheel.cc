// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/timing_wheel.hh"

#include <algorithm>
#include <bit>

namespace tcpcopy::session {
namespace {

constexpr std::int64_t kGrain = std::chrono::nanoseconds(std::chrono::milliseconds(1)).count();

std::int64_t floor_tick(Instant when) { return when.time_since_epoch().count() / kGrain; }
std::int64_t ceil_tick(Instant when) {
  return (when.time_since_epoch().count() + kGrain - 1) / kGrain;
}
Instant at_tick(std::int64_t tick) { return Instant(Duration(tick * kGrain)); }

}  // namespace

TimingWheel::TimingWheel(Instant start) : now_(floor_tick(start)) {
  due_.previous_ = due_.next_ = &due_;
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

void TimingWheel::take_slot(TimerNode& head, TimerNode*& chain, TimerNode*& last) {
  while (head.next_ != &head) {
    TimerNode* node = head.next_;
    unlink(*node);
    --size_;
    if (last == nullptr) {
      chain = node;
    } else {
      last->next_ = node;
    }
    last = node;
  }
}

// Puts the nodes of the level's current slot where they belong now that it is near.
void TimingWheel::cascade(std::size_t level) {
  const auto slot = static_cast<std::size_t>(now_ >> (kBits * level)) % kSlots;
  TimerNode& head = levels_[level].slots[slot];
  levels_[level].used[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  TimerNode* node = head.next_;
  head.previous_ = head.next_ = &head;
  while (node != &head) {
    TimerNode* next = node->next_;
    place(*node);
    node = next;
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

TimerNode* TimingWheel::advance(Instant now) {
  TimerNode* chain = nullptr;
  TimerNode* last = nullptr;
  const std::int64_t target = floor_tick(now);
  take_slot(due_, chain, last);
  while (now_ < target) {
    if (size_ == 0) {
      now_ = target;
      break;
    }
    const auto from = static_cast<std::size_t>(now_ + 1) % kSlots;
    const std::size_t skip = from == 0 ? 0 : slots_to_next(levels_[0], from);
    now_ = std::min(target, now_ + 1 + static_cast<std::int64_t>(skip));
    if (static_cast<std::size_t>(now_) % kSlots == 0) {
      for (std::size_t level = kLevels - 1; level > 0; --level) {
        const std::int64_t span = std::int64_t{1} << (kBits * level);
        if (now_ % span == 0) cascade(level);
      }
    }
    const auto slot = static_cast<std::size_t>(now_) % kSlots;
    take_slot(levels_[0].slots[slot], chain, last);
    levels_[0].used[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
    take_slot(due_, chain, last);  // what a cascade found due
  }
  return chain;
}

TimerNode* TimingWheel::pop(TimerNode*& chain) {
  TimerNode* node = chain;
  if (node != nullptr) {
    chain = node->next_;
    node->next_ = nullptr;
  }
  return node;
}

Instant TimingWheel::next() const {
  if (size_ == 0) return kNever;
  if (due_.next_ != &due_) return at_tick(now_);
  const auto from = static_cast<std::size_t>(now_ + 1) % kSlots;
  if (from == 0) return at_tick(now_ + 1);
  return at_tick(now_ + 1 + static_cast<std::int64_t>(slots_to_next(levels_[0], from)));
}

}  // namespace tcpcopy::session
