// SPDX-License-Identifier: BSD-3-Clause
// What tcpcopy says to intercept (control channel version 6): 14 bytes that add or delete a route,
// or, as the first message of a link, name the version.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "tcpcopy/address.hh"
#include "tcpcopy/segment.hh"

namespace tcpcopy::wire {

/// The version that this build speaks.
inline constexpr std::uint16_t kVersion = 6;

inline constexpr std::size_t kRouteMessageSize = 14;
using RouteMessageBytes = std::array<std::byte, kRouteMessageSize>;

struct RouteMessage {
  enum class Type : std::uint16_t { kAddRoute = 1, kDeleteRoute = 2 };

  /// Type, or, when the flow is all zero, the version. Unknown values are kept as they are.
  std::uint16_t type = 0;
  FlowKey flow;  ///< the connection as the target sees it

  /// The first message of a link from this version on: no flow, only a version.
  static RouteMessage version(std::uint16_t version) { return {version, {}}; }
  static RouteMessage add_route(const FlowKey& flow) {
    return {static_cast<std::uint16_t>(Type::kAddRoute), flow};
  }

  bool is_version() const { return flow == FlowKey{}; }
  bool adds_route() const {
    return type == static_cast<std::uint16_t>(Type::kAddRoute) && !is_version();
  }

  friend bool operator==(const RouteMessage&, const RouteMessage&) = default;
};

/// REQUIRES: both addresses of the flow are IPv4.
RouteMessageBytes encode(const RouteMessage& message);

/// Takes the bytes of a link in any number of pieces and gives whole messages.
class RouteMessageDecoder {
 public:
  /// Takes bytes for at most one message and removes from `bytes` what it took.
  /// @return a message once one is complete; nothing when all bytes were taken before that.
  std::optional<RouteMessage> next(Bytes& bytes);

  /// A message has begun and is not complete.
  bool mid_message() const { return size_ > 0; }

 private:
  RouteMessageBytes partial_{};
  std::size_t size_ = 0;
};

}  // namespace tcpcopy::wire
