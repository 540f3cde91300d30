// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/route/router.hh"

namespace tcpcopy::route {

Router::Router(std::size_t record_size)
    : routes_(kRoutePeriod, kMaxRoutes), ended_(kEndedPeriod, kMaxRoutes), early_(record_size) {}

const LinkId* Router::find(const RouteKey& key, Instant now) {
  if (const LinkId* link = routes_.touch(key, now)) return link;
  return ended_.touch(key, now);
}

void Router::on_response(const net::TcpPacket& response, Instant now, MessageSink& out) {
  ++counters_.responses;
  const RouteKey key(response.destination(), response.source());
  const LinkId* found = find(key, now);
  if (found == nullptr) {
    ++counters_.held;
    counters_.dropped_early += early_.hold(key, response, now);
    return;
  }
  const LinkId link = *found;
  if (out.deliver(link, response)) {
    ++counters_.forwarded;
  } else {
    ++counters_.dropped_link_gone;
    routes_.erase(key);
    ended_.erase(key);
    return;
  }
  if (response.tcp.flags.rst() || response.tcp.flags.fin()) {
    if (ended_.insert(key, link, now)) routes_.erase(key);
  }
}

void Router::on_link_message(LinkId link, const wire::RouteMessage& message, Instant now,
                             MessageSink& out) {
  if (!message.adds_route()) return;  // 1.x ignores a deletion; routes expire by themselves
  const RouteKey key(message.flow.client, message.flow.server);
  ended_.erase(key);
  if (!routes_.insert(key, link, now)) {
    ++counters_.routes_refused;
    return;
  }
  ++counters_.routes_added;
  early_.release(key, [&](Bytes record) {
    if (out.deliver_record(link, record)) {
      ++counters_.forwarded;
    } else {
      ++counters_.dropped_link_gone;
    }
  });
}

void Router::on_deadline(Instant now) { counters_.dropped_early += early_.expire(now); }

}  // namespace tcpcopy::route
