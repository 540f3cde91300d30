// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/route/route_table.hh"

#include "absl/hash/hash.h"

namespace tcpcopy::route {

std::size_t RouteTable::hash(const net::Ipv4Flow& key) { return absl::Hash<net::Ipv4Flow>()(key); }

Route* RouteTable::find(const net::Ipv4Flow& key) {
  const SlotIndex at = index_.find(Links{&slots_}, hash(key), [&](SlotIndex candidate) {
    return slots_[candidate].route.key == key;
  });
  return at == kNone ? nullptr : &slots_[at].route;
}

Route& RouteTable::insert(const net::Ipv4Flow& key, LinkId link) {
  SlotIndex at = free_;
  if (at != kNone) {
    free_ = slots_[at].next;
  } else {
    at = static_cast<SlotIndex>(slots_.size());
    slots_.push_back({});
  }
  Route& route = slots_[at].route;
  route = Route{};
  route.key = key;
  route.link = link;
  index_.insert(Links{&slots_}, at);
  return route;
}

void RouteTable::erase(Route& route) {
  const SlotIndex at = index_.find(Links{&slots_}, hash(route.key), [&](SlotIndex candidate) {
    return &slots_[candidate].route == &route;
  });
  index_.erase(Links{&slots_}, at);
  route = Route{};
  slots_[at].next = free_;
  free_ = at;
}

}  // namespace tcpcopy::route
