// SPDX-License-Identifier: BSD-3-Clause
// The connections that are measured: any number of clients, one target.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tcpcopy/address.hh"

namespace tcpcopy::bench {

inline constexpr Endpoint kTarget{Address::v4(0x0a4d001e), 8080};

/// The address and port of client `id`.
inline Endpoint client_endpoint(std::size_t id) {
  constexpr std::size_t kPorts = 50'000;  // of one address
  return {Address::v4(0x0a800000U + static_cast<std::uint32_t>(id / kPorts)),
          static_cast<std::uint16_t>(10'000 + id % kPorts)};
}

inline FlowKey flow(std::size_t id) { return {client_endpoint(id), kTarget}; }

}  // namespace tcpcopy::bench
