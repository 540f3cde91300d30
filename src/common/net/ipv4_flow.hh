// SPDX-License-Identifier: BSD-3-Clause
// A connection in the 12 bytes that IPv4 needs, for tables that hold very many.
#pragma once

#include <cstdint>
#include <utility>

#include "tcpcopy/address.hh"

namespace tcpcopy::net {

struct Ipv4Flow {
  std::uint32_t client_address = 0;
  std::uint32_t server_address = 0;
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;

  Ipv4Flow() = default;
  /// REQUIRES: both addresses are IPv4.
  Ipv4Flow(const Endpoint& client, const Endpoint& server)
      : client_address(client.address.v4_bits()),
        server_address(server.address.v4_bits()),
        client_port(client.port),
        server_port(server.port) {}
  explicit Ipv4Flow(const FlowKey& flow) : Ipv4Flow(flow.client, flow.server) {}

  Endpoint client() const { return {Address::v4(client_address), client_port}; }
  Endpoint server() const { return {Address::v4(server_address), server_port}; }
  FlowKey key() const { return {client(), server()}; }

  friend bool operator==(const Ipv4Flow&, const Ipv4Flow&) = default;

  template <typename H>
  friend H AbslHashValue(H state, const Ipv4Flow& flow) {
    return H::combine(std::move(state), flow.client_address, flow.server_address, flow.client_port,
                      flow.server_port);
  }
};

}  // namespace tcpcopy::net
