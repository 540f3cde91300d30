// SPDX-License-Identifier: BSD-3-Clause
// Who is where in the simulated network.
#pragma once

#include <cstdint>

#include "tcpcopy/address.hh"

namespace tcpcopy::sim {

inline const Address kOnlineAddress = Address::v4(0x0a000014);
inline const Address kOtherOnlineAddress = Address::v4(0x0a000015);
inline constexpr std::uint16_t kOnlinePort = 80;
inline constexpr std::uint16_t kGreetingPort = 81;  ///< where servers speak first

inline const Address kTargetAddress = Address::v4(0x0a00001e);
inline const Endpoint kTarget{kTargetAddress, 8080};
inline const Endpoint kTargetGreeting{kTargetAddress, 8081};

/// The client that gets the nth ports: each has an address of its own.
inline Endpoint client_endpoint(std::uint32_t n) {
  return {Address::v4(0xc0a80000U + n), static_cast<std::uint16_t>(40000 + n)};
}

inline constexpr std::uint32_t kPool = 0x3e87c800;    ///< of -c: its addresses follow this one
inline constexpr std::uint32_t kNobody = 0xac100000;  ///< the first of what clients never have

inline bool is_nobody(const Address& address) {
  return address >= Address::v4(kNobody) && address < Address::v4(kNobody + 256);
}

}  // namespace tcpcopy::sim
