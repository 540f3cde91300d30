// SPDX-License-Identifier: BSD-3-Clause
// Which link a response belongs to.
//
// A route lives as long as its link, and as long as its connection is used: one that the target
// ended is forgotten soon, one that is idle late. As long as it lives it belongs to the peer that
// announced it: a tcpcopy that announces its connections anew, over another of its links, comes
// from the same address, and a route that somebody else announces meanwhile is refused. When there
// are too many, those that were unused for longest make room, and a flood of routes costs the link,
// or the peer, that it comes from its own.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "common/net/ipv4_flow.hh"
#include "common/net/packet_parser.hh"
#include "common/wire/message.hh"
#include "intercept/route/early_responses.hh"
#include "intercept/route/link_id.hh"
#include "intercept/route/route_table.hh"
#include "tcpcopy/address.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::route {

/// Where responses go. Behind it: src/intercept/link.
class MessageSink {
 public:
  virtual ~MessageSink() = default;

  /// @param link one that was not closed.
  /// @param response its bytes are valid during the call.
  virtual void deliver(LinkId link, const wire::CapturedHeaders& response) = 0;
};

struct RouterCounters {
  std::uint64_t responses = 0;  ///< captured; = forwarded + waiting + the dropped ones
  std::uint64_t forwarded = 0;
  std::uint64_t held = 0;             ///< came before their route
  std::uint64_t dropped_expired = 0;  ///< of these: no route came in time
  std::uint64_t dropped_no_room = 0;  ///< of these: too many waited
  std::uint64_t dropped_no_link = 0;  ///< --single: no tcpcopy was there
  std::uint64_t routes_added = 0;
  std::uint64_t routes_displaced = 0;  ///< forgotten for newer ones
  std::uint64_t routes_refused = 0;    ///< there was no room
  std::uint64_t routes_foreign = 0;    ///< refused: another peer's

  RouterCounters& operator+=(const RouterCounters& other);
};

/// What became of a route that was announced.
enum class RouteOutcome : std::uint8_t {
  kAdded,      ///< or registered before
  kDisplaced,  ///< added; another route had to make room
  kRefused,    ///< there was no room
  kForeign,    ///< refused: the route is another peer's
};

/// Who announces a route.
struct Announcer {
  LinkId link = kNoLink;
  Address peer{};  ///< the address of its host, the same in all messages of a link
};

class Router {
 public:
  /// The longest time that a tcpcopy keeps an idle session for (its option -k).
  static constexpr Duration kIdlePeriod = std::chrono::hours(24);
  /// For a connection that the target has ended, and whose last packets are still on the way.
  static constexpr Duration kEndedPeriod = std::chrono::seconds(60);

  struct Limits {
    std::size_t routes = 4'000'000;
    std::size_t routes_per_link = 1'000'000;
  };

  /// @param payload_kept of a response that waits for its route, bytes.
  Router(std::size_t payload_kept, const Limits& limits);
  explicit Router(std::size_t payload_kept = 0);

  /// A captured packet of the target.
  void on_response(const net::TcpPacket& response, Instant now, MessageSink& out);

  /// Whether a link has announced the connection of a captured packet.
  bool has_route(const net::TcpPacket& response, Instant now);

  /// A link announces a connection, as the target sees it.
  RouteOutcome on_route(const Announcer& from, const FlowKey& flow, Instant now, MessageSink& out);

  /// The link's routes are forgotten: at once for every purpose but their memory, which is free
  /// again when on_deadline() comes by.
  void on_link_closed(LinkId link);

  /// Drops what is over: responses that waited too long, and routes, of which one call looks at a
  /// bounded part. To be called about once a second.
  void on_deadline(Instant now);

  std::size_t routes() const { return live_routes_; }
  std::size_t routes_of(LinkId link) const;
  std::size_t early() const { return early_.size(); }
  const RouterCounters& counters() const { return counters_; }

 private:
  struct OpenLink {
    Address peer;
    std::size_t routes = 0;
  };
  struct Peer {
    std::size_t links = 0;
    std::size_t routes = 0;
  };

  OpenLink& link_of(const Announcer& from);
  bool is_foreign(const Route& route, const Announcer& from) const;
  Route& add(const net::Ipv4Flow& key, LinkId link);
  Route* find(const net::Ipv4Flow& key, Instant now);
  bool is_over(const Route& route, Instant now) const;
  void erase(Route& route);
  RouteOutcome make_room(const Announcer& from, Instant now);

  Limits limits_;
  RouteTable table_;
  absl::flat_hash_map<LinkId, OpenLink> links_;  // that have announced something and are open
  absl::flat_hash_map<Address, Peer> peers_;     // whose links these are
  std::size_t live_routes_ = 0;                  // those in the table whose link is open
  EarlyResponses early_;
  RouterCounters counters_;
};

}  // namespace tcpcopy::route
