// SPDX-License-Identifier: BSD-3-Clause
// A hash map that forgets what was not touched for a while, without ever walking over its entries.
//
// Entries live in two generations. A touched entry moves to the young one; after each period the
// young one becomes the old one, and the old one is dropped whole. So an entry is forgotten
// between one and two periods after it was touched last.
#pragma once

#include <cstddef>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "tcpcopy/time.hh"

namespace tcpcopy {

template <typename Key, typename Value>
class GenerationalMap {
 public:
  /// @param period how long a generation lasts.
  /// @param capacity entries at most, in both generations together.
  GenerationalMap(Duration period, std::size_t capacity) : period_(period), capacity_(capacity) {}

  /// @return false when the map is full and the entry was not taken.
  bool insert(const Key& key, const Value& value, Instant now) {
    rotate(now);
    old_.erase(key);
    if (size() >= capacity_ && !young_.contains(key)) return false;
    young_.insert_or_assign(key, value);
    return true;
  }

  /// Looks an entry up and makes it young.
  /// @return null when there is none; else valid until the next call.
  Value* touch(const Key& key, Instant now) {
    rotate(now);
    if (const auto found = young_.find(key); found != young_.end()) return &found->second;
    const auto found = old_.find(key);
    if (found == old_.end()) return nullptr;
    const auto moved = young_.insert_or_assign(key, std::move(found->second)).first;
    old_.erase(key);
    return &moved->second;
  }

  /// Looks an entry up and leaves its age as it is.
  bool contains(const Key& key, Instant now) {
    rotate(now);
    return young_.contains(key) || old_.contains(key);
  }

  /// Forgets what is due, for when nothing else is asked for a while.
  void forget(Instant now) { rotate(now); }

  void erase(const Key& key) {
    young_.erase(key);
    old_.erase(key);
  }

  std::size_t size() const { return young_.size() + old_.size(); }

 private:
  using Generation = absl::flat_hash_map<Key, Value>;

  void rotate(Instant now) {
    if (now < rotate_at_) return;
    const bool missed_one = now - rotate_at_ >= period_;
    old_ = missed_one ? Generation() : std::exchange(young_, Generation());
    if (missed_one) young_ = Generation();
    rotate_at_ = now + period_;
  }

  Duration period_;
  std::size_t capacity_;
  Generation young_;
  Generation old_;
  Instant rotate_at_;
};

}  // namespace tcpcopy
