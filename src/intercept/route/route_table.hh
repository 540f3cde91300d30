// SPDX-License-Identifier: BSD-3-Clause
// All routes, found by their connection: whole keys are compared, and a route takes 32 bytes.
//
// Routes stand in slots that never move, under an index that never stops the world. Slots of erased
// routes are used again; their memory is not given back.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "common/container/block_vector.hh"
#include "common/container/linear_hash_index.hh"
#include "common/net/ipv4_flow.hh"
#include "intercept/route/link_id.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::route {

struct Route {
  net::Ipv4Flow key;
  LinkId link = kNoLink;
  std::uint32_t used_s = 0;  ///< last used: seconds of monotonic time
  bool ended = false;        ///< the target has sent FIN or RST

  void use(Instant now) { used_s = to_seconds(now); }
  Duration unused_for(Instant now) const { return std::chrono::seconds(to_seconds(now) - used_s); }

 private:
  static std::uint32_t to_seconds(Instant time) {
    using std::chrono::seconds;
    const auto count = std::chrono::duration_cast<seconds>(time.time_since_epoch()).count();
    return static_cast<std::uint32_t>(count);
  }
};

class RouteTable {
 public:
  /// @return null when there is none; else valid until the route is erased.
  Route* find(const net::Ipv4Flow& key);

  /// REQUIRES: find(key) is null. `link` is not kNoLink.
  Route& insert(const net::Ipv4Flow& key, LinkId link);

  /// REQUIRES: the route is in the table.
  void erase(Route& route);

  /// Visits at most `count` slots, beginning behind those of the last call, round and round.
  /// @param visit called as visit(Route&); it may erase that route, and no other.
  template <typename Visit>
  void visit(std::size_t count, Visit&& visit) {
    for (count = std::min(count, slots_.size()); count > 0; --count) {
      if (hand_ == slots_.size()) hand_ = 0;
      Route& route = slots_[hand_++].route;
      if (route.link != kNoLink) visit(route);
    }
  }

  /// Visits `count` slots, or fewer, that lie far apart, each time others. `visit` as above.
  template <typename Visit>
  void sample(std::size_t count, Visit&& visit) {
    for (; count > 0 && slots_.size() > 0; --count) {
      // Multiples of the golden ratio: the slots seen so far are always spread evenly.
      sampled_ += 0x9e3779b9U;
      const std::size_t at = std::uint64_t{sampled_} * slots_.size() >> 32U;
      if (slots_[at].route.link != kNoLink) visit(slots_[at].route);
    }
  }

  std::size_t size() const { return index_.size(); }

 private:
  using SlotIndex = std::uint32_t;
  static constexpr SlotIndex kNone = 0xffffffff;

  struct Slot {
    Route route;
    SlotIndex next = kNone;  // in the chain of its bucket, or among the free ones
  };
  static_assert(sizeof(Slot) == 28);

  struct Links {
    using Handle = SlotIndex;
    static constexpr Handle kNone = RouteTable::kNone;
    container::BlockVector<Slot>* slots;
    Handle& next(Handle at) const { return (*slots)[at].next; }
    std::size_t hash(Handle at) const { return RouteTable::hash((*slots)[at].route.key); }
  };

  static std::size_t hash(const net::Ipv4Flow& key);

  container::BlockVector<Slot> slots_;
  container::LinearHashIndex<Links> index_;
  SlotIndex free_ = kNone;     // the first slot that can be used again
  std::size_t hand_ = 0;       // where visit() goes on
  std::uint32_t sampled_ = 0;  // where sample() does: a fraction of all slots, in 1/2^32
};

}  // namespace tcpcopy::route
