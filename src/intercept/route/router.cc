// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/route/router.hh"

namespace tcpcopy::route {
namespace {

constexpr std::size_t kSweptPerCall = 65536;  // slots: 1.5 MB of memory read, about a millisecond
constexpr std::size_t kSample = 32;           // slots looked at for one that can make room

}  // namespace

Router::Router(std::size_t record_size, const Limits& limits)
    : limits_(limits), early_(record_size) {}

Router::Router(std::size_t record_size) : Router(record_size, Limits{}) {}

bool Router::is_over(const Route& route, Instant now) const {
  return !routes_of_.contains(route.link) ||
         route.unused_for(now) >= (route.ended ? kEndedPeriod : kIdlePeriod);
}

void Router::erase(Route& route) {
  if (const auto found = routes_of_.find(route.link); found != routes_of_.end()) {
    --found->second;
    --live_routes_;
  }
  table_.erase(route);
}

Route* Router::find(const net::Ipv4Flow& key, Instant now) {
  Route* route = table_.find(key);
  if (route == nullptr || !is_over(*route, now)) return route;
  erase(*route);
  return nullptr;
}

void Router::on_response(const net::TcpPacket& response, Instant now, MessageSink& out) {
  ++counters_.responses;
  const net::Ipv4Flow key(response.destination(), response.source());
  Route* route = find(key, now);
  if (route == nullptr) {
    ++counters_.held;
    counters_.dropped_no_room += early_.hold(key, response, now);
    return;
  }
  route->use(now);
  if (response.tcp.flags.rst() || response.tcp.flags.fin()) route->ended = true;
  out.deliver(route->link, response);
  ++counters_.forwarded;
}

RouteOutcome Router::on_link_message(LinkId link, const wire::RouteMessage& message, Instant now,
                                     MessageSink& out) {
  if (!message.adds_route()) return RouteOutcome::kNone;  // 1.x ignores a deletion, too
  const net::Ipv4Flow key(message.flow.client, message.flow.server);
  std::size_t& of_link = routes_of_[link];
  RouteOutcome outcome = RouteOutcome::kAdded;
  Route* route = find(key, now);
  if (route != nullptr && route->link == link) {
    route->ended = false;
  } else {
    if (route != nullptr) erase(*route);  // registered anew, by a tcpcopy that came back
    if (of_link >= limits_.routes_per_link || table_.size() >= limits_.routes) {
      outcome = make_room(link, now);
      if (outcome == RouteOutcome::kRefused) return outcome;
    }
    route = &table_.insert(key, link);
    ++of_link;
    ++live_routes_;
  }
  route->use(now);
  ++counters_.routes_added;
  early_.release(key, [&](Bytes record) {
    out.deliver_record(link, record);
    ++counters_.forwarded;
  });
  return outcome;
}

// Of a sample, takes what is over, and else the route that was unused for longest: of the link
// itself when it has too many, and otherwise of those that have more than their share.
RouteOutcome Router::make_room(LinkId link, Instant now) {
  const std::size_t& of_link = routes_of_[link];
  const bool own = of_link >= limits_.routes_per_link;
  const std::size_t share = limits_.routes / routes_of_.size();
  const auto may_go = [&](const Route& route) {
    if (route.link == link) return own || of_link >= share;
    return !own && routes_of_[route.link] > share;
  };
  Route* victim = nullptr;
  table_.sample(kSample, [&](Route& route) {
    if (is_over(route, now)) {
      erase(route);
    } else if (may_go(route)) {
      if (victim == nullptr || route.unused_for(now) > victim->unused_for(now)) victim = &route;
    }
  });
  if (of_link < limits_.routes_per_link && table_.size() < limits_.routes) {
    return RouteOutcome::kAdded;
  }
  if (victim == nullptr) {
    ++counters_.routes_refused;
    return RouteOutcome::kRefused;
  }
  erase(*victim);
  ++counters_.routes_displaced;
  return RouteOutcome::kDisplaced;
}

void Router::on_link_closed(LinkId link) {
  const auto found = routes_of_.find(link);
  if (found == routes_of_.end()) return;
  live_routes_ -= found->second;
  routes_of_.erase(found);
}

std::size_t Router::routes_of(LinkId link) const {
  const auto found = routes_of_.find(link);
  return found == routes_of_.end() ? 0 : found->second;
}

void Router::on_deadline(Instant now) {
  counters_.dropped_expired += early_.expire(now);
  table_.visit(kSweptPerCall, [&](Route& route) {
    if (is_over(route, now)) erase(route);
  });
}

}  // namespace tcpcopy::route
