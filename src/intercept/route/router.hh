// SPDX-License-Identifier: BSD-3-Clause
// Which link a response belongs to.
//
// Routes live as long as their connection is used: one that carried nothing for a while, or ended,
// is forgotten. A route whose link is gone is forgotten when the next response asks for it.
#pragma once

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "common/container/generational_map.hh"
#include "common/net/packet_parser.hh"
#include "common/wire/route_message.hh"
#include "intercept/route/early_responses.hh"
#include "intercept/route/route_key.hh"

namespace tcpcopy::route {

/// Names a link; never used again after the link was closed.
using LinkId = std::uint32_t;

/// Where responses go. Behind it: src/intercept/link.
class MessageSink {
 public:
  virtual ~MessageSink() = default;

  /// @return false when there is no such link any more.
  virtual bool deliver(LinkId link, const net::TcpPacket& response) = 0;
  /// The same for a response that was encoded before.
  virtual bool deliver_record(LinkId link, Bytes record) = 0;
};

struct RouterCounters {
  std::uint64_t responses = 0;  ///< captured
  std::uint64_t forwarded = 0;
  std::uint64_t held = 0;           ///< came before their route
  std::uint64_t dropped_early = 0;  ///< of these: no route came in time, or no room
  std::uint64_t dropped_link_gone = 0;
  std::uint64_t routes_added = 0;
  std::uint64_t routes_refused = 0;  ///< the table was full
};

class Router {
 public:
  /// A route without traffic is forgotten after one to two of these; more than tcpcopy's default
  /// idle timeout.
  static constexpr Duration kRoutePeriod = std::chrono::seconds(900);
  /// The same for a connection that the target has ended, whose last packets are still on the way.
  static constexpr Duration kEndedPeriod = std::chrono::seconds(30);
  static constexpr std::size_t kMaxRoutes = 4'000'000;

  /// @param record_size of the links' records, bytes.
  explicit Router(std::size_t record_size);

  /// A captured packet of the target.
  void on_response(const net::TcpPacket& response, Instant now, MessageSink& out);

  /// A message of a link that is not its version.
  void on_link_message(LinkId link, const wire::RouteMessage& message, Instant now,
                       MessageSink& out);

  /// Drops early responses whose time is over. To be called about once a second.
  void on_deadline(Instant now);

  std::size_t routes() const { return routes_.size() + ended_.size(); }
  std::size_t early() const { return early_.size(); }
  const RouterCounters& counters() const { return counters_; }

 private:
  const LinkId* find(const RouteKey& key, Instant now);

  GenerationalMap<RouteKey, LinkId> routes_;
  GenerationalMap<RouteKey, LinkId> ended_;
  EarlyResponses early_;
  RouterCounters counters_;
};

}  // namespace tcpcopy::route
