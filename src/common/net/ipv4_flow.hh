// SPDX-License-Identifier: BSD-3-Clause
// A connection as the target sees it, in the 12 bytes that IPv4 needs.
#pragma once

#include <cstdint>
#include <utility>

#include "tcpcopy/address.hh"

namespace tcpcopy::route {

struct RouteKey {
  std::uint32_t client_address = 0;
  std::uint32_t target_address = 0;
  std::uint16_t client_port = 0;
  std::uint16_t target_port = 0;

  RouteKey() = default;
  /// REQUIRES: both addresses are IPv4.
  RouteKey(const Endpoint& client, const Endpoint& target)
      : client_address(client.address.v4_bits()),
        target_address(target.address.v4_bits()),
        client_port(client.port),
        target_port(target.port) {}

  friend bool operator==(const RouteKey&, const RouteKey&) = default;

  template <typename H>
  friend H AbslHashValue(H state, const RouteKey& key) {
    return H::combine(std::move(state), key.client_address, key.target_address, key.client_port,
                      key.target_port);
  }
};

}  // namespace tcpcopy::route
