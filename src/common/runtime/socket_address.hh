// SPDX-License-Identifier: BSD-3-Clause
// Addresses in the form that the calls of the kernel take.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

#include "tcpcopy/address.hh"

namespace tcpcopy::runtime {

/// Where a datagram goes that nobody is to read (RFC 863).
inline constexpr std::uint16_t kDiscardPort = 9;

inline sockaddr_in to_sockaddr(const Endpoint& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  address.sin_addr.s_addr = htonl(endpoint.address.v4_bits());
  return address;
}

/// The same address, as the calls want to see it.
inline const sockaddr* generic(const sockaddr_in& address) {
  return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}
inline sockaddr* generic(sockaddr_in& address) {
  return static_cast<sockaddr*>(static_cast<void*>(&address));
}

}  // namespace tcpcopy::runtime
