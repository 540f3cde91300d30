// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/route/router.hh"

namespace tcpcopy::route {
namespace {

constexpr std::size_t kSweptPerCall = 65536;  // slots: 1.5 MB of memory read, about a millisecond
constexpr std::size_t kSample = 32;           // slots looked at for one that can make room

}  // namespace

RouterCounters& RouterCounters::operator+=(const RouterCounters& other) {
  responses += other.responses;
  forwarded += other.forwarded;
  held += other.held;
  dropped_expired += other.dropped_expired;
  dropped_no_room += other.dropped_no_room;
  dropped_no_link += other.dropped_no_link;
  routes_added += other.routes_added;
  routes_displaced += other.routes_displaced;
  routes_refused += other.routes_refused;
  routes_foreign += other.routes_foreign;
  return *this;
}

Router::Router(std::size_t payload_kept, const Limits& limits)
    : limits_(limits), early_(payload_kept) {}

Router::Router(std::size_t payload_kept) : Router(payload_kept, Limits{}) {}

bool Router::is_over(const Route& route, Instant now) const {
  return !links_.contains(route.link) ||
         route.unused_for(now) >= (route.ended ? kEndedPeriod : kIdlePeriod);
}

void Router::erase(Route& route) {
  if (const auto found = links_.find(route.link); found != links_.end()) {
    --found->second.routes;
    --peers_[found->second.peer].routes;
    --live_routes_;
  }
  table_.erase(route);
}

Route& Router::add(const net::Ipv4Flow& key, LinkId link) {
  OpenLink& of_link = links_[link];
  ++of_link.routes;
  ++peers_[of_link.peer].routes;
  ++live_routes_;
  return table_.insert(key, link);
}

Router::OpenLink& Router::link_of(const Announcer& from) {
  const auto [found, fresh] = links_.try_emplace(from.link, OpenLink{from.peer});
  if (fresh) ++peers_[from.peer].links;
  return found->second;
}

// REQUIRES: the route is not over, so its link is open.
bool Router::is_foreign(const Route& route, const Announcer& from) const {
  return route.link != from.link && links_.find(route.link)->second.peer != from.peer;
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
    counters_.dropped_no_room += early_.hold(key, wire::headers_of(response), now);
    return;
  }
  route->use(now);
  if (response.tcp.flags.rst() || response.tcp.flags.fin()) route->ended = true;
  out.deliver(route->link, wire::headers_of(response));
  ++counters_.forwarded;
}

bool Router::has_route(const net::TcpPacket& response, Instant now) {
  return live_routes_ > 0 && find({response.destination(), response.source()}, now) != nullptr;
}

RouteOutcome Router::on_route(const Announcer& from, const FlowKey& flow, Instant now,
                              MessageSink& out) {
  const net::Ipv4Flow key(flow.client, flow.server);
  const OpenLink& of_link = link_of(from);
  RouteOutcome outcome = RouteOutcome::kAdded;
  Route* route = find(key, now);
  if (route != nullptr && is_foreign(*route, from)) {
    ++counters_.routes_foreign;
    return RouteOutcome::kForeign;
  }
  if (route != nullptr && route->link == from.link) {
    route->ended = false;
  } else {
    if (route != nullptr) erase(*route);  // announced anew, over another link of the same peer
    if (of_link.routes >= limits_.routes_per_link || table_.size() >= limits_.routes) {
      outcome = make_room(from, now);
      if (outcome == RouteOutcome::kRefused) return outcome;
    }
    route = &add(key, from.link);
  }
  route->use(now);
  ++counters_.routes_added;
  early_.release(key, [&](const wire::CapturedHeaders& response) {
    out.deliver(from.link, response);
    ++counters_.forwarded;
  });
  return outcome;
}

// Of a sample, takes what is over, and else the route that was unused for longest: of the link
// itself when it has too many, and otherwise of the peers that have more than their share. Who
// opens many links has no larger share for that.
RouteOutcome Router::make_room(const Announcer& from, Instant now) {
  const OpenLink& of_link = links_[from.link];
  const Peer& of_peer = peers_[from.peer];
  const bool own = of_link.routes >= limits_.routes_per_link;
  const std::size_t share = limits_.routes / peers_.size();
  const auto may_go = [&](const Route& route) {
    if (own) return route.link == from.link;
    const Address& peer = links_[route.link].peer;
    if (peer == from.peer) return of_peer.routes >= share;
    return peers_[peer].routes > share;
  };
  Route* victim = nullptr;
  table_.sample(kSample, [&](Route& route) {
    if (is_over(route, now)) {
      erase(route);
    } else if (may_go(route)) {
      if (victim == nullptr || route.unused_for(now) > victim->unused_for(now)) victim = &route;
    }
  });
  if (of_link.routes < limits_.routes_per_link && table_.size() < limits_.routes) {
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
  const auto found = links_.find(link);
  if (found == links_.end()) return;
  const OpenLink& of_link = found->second;
  live_routes_ -= of_link.routes;
  const auto peer = peers_.find(of_link.peer);
  peer->second.routes -= of_link.routes;
  if (--peer->second.links == 0) peers_.erase(peer);
  links_.erase(found);
}

std::size_t Router::routes_of(LinkId link) const {
  const auto found = links_.find(link);
  return found == links_.end() ? 0 : found->second.routes;
}

void Router::on_deadline(Instant now) {
  counters_.dropped_expired += early_.expire(now);
  table_.visit(kSweptPerCall, [&](Route& route) {
    if (is_over(route, now)) erase(route);
  });
}

}  // namespace tcpcopy::route
