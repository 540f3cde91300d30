// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/route/route_table.hh"

#include <bit>

#include "absl/hash/hash.h"

namespace tcpcopy::route {

std::size_t RouteTable::hash(const RouteKey& key) { return absl::Hash<RouteKey>()(key); }

// With n buckets, between two powers of two, those below n are told apart by one more bit.
std::size_t RouteTable::bucket_of(const RouteKey& key) const {
  const std::size_t mask = std::bit_ceil(buckets_.size()) - 1;
  const std::size_t bucket = hash(key) & mask;
  return bucket < buckets_.size() ? bucket : bucket & (mask >> 1U);
}

void RouteTable::add_bucket() {
  const std::size_t added = buckets_.size();
  buckets_.push_back(kNone);
  if (added == 0) return;
  const std::size_t split = added - std::bit_floor(added);
  SlotIndex* link = &buckets_[split];
  while (*link != kNone) {
    Slot& slot = slots_[*link];
    if (bucket_of(slot.route.key) == split) {
      link = &slot.next;
      continue;
    }
    const SlotIndex moved = *link;
    *link = slot.next;
    slot.next = buckets_[added];
    buckets_[added] = moved;
  }
}

Route* RouteTable::find(const RouteKey& key) {
  if (size_ == 0) return nullptr;
  for (SlotIndex at = buckets_[bucket_of(key)]; at != kNone; at = slots_[at].next) {
    if (slots_[at].route.key == key) return &slots_[at].route;
  }
  return nullptr;
}

Route& RouteTable::insert(const RouteKey& key, LinkId link) {
  SlotIndex at = free_;
  if (at != kNone) {
    free_ = slots_[at].next;
  } else {
    at = static_cast<SlotIndex>(slots_.size());
    slots_.push_back({});
    add_bucket();
  }
  Slot& slot = slots_[at];
  slot.route = Route{};
  slot.route.key = key;
  slot.route.link = link;
  SlotIndex& bucket = buckets_[bucket_of(key)];
  slot.next = bucket;
  bucket = at;
  ++size_;
  return slot.route;
}

void RouteTable::erase(Route& route) {
  SlotIndex* link = &buckets_[bucket_of(route.key)];
  while (&slots_[*link].route != &route)
    link = &slots_[*link].next;
  const SlotIndex at = *link;
  Slot& slot = slots_[at];
  *link = slot.next;
  slot.route = Route{};
  slot.next = free_;
  free_ = at;
  --size_;
}

}  // namespace tcpcopy::route
