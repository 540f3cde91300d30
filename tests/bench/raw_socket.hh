// SPDX-License-Identifier: BSD-3-Clause
// What the small programs beside the benchmarks share.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdio>
#include <span>

#include "common/runtime/socket_address.hh"

namespace tcpcopy::bench {

/// Says on standard error what failed, with errno. @return the exit status.
inline int fail(const char* what) {
  std::perror(what);
  return 1;
}

/// @return a raw socket through which whole IPv4 packets are sent; negative when there is none.
inline int open_raw_sender() { return socket(AF_INET, SOCK_RAW, IPPROTO_RAW); }

/// Sends one packet, IPv4 header included. @return false when the kernel refuses, with errno.
inline bool send_packet(int fd, std::span<const std::byte> packet, const Address& destination) {
  const sockaddr_in to = runtime::to_sockaddr({destination, 0});
  return sendto(fd, packet.data(), packet.size(), 0, runtime::generic(to), sizeof to) >= 0;
}

}  // namespace tcpcopy::bench
