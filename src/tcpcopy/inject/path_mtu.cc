// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/inject/path_mtu.hh"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "common/runtime/unique_fd.hh"

namespace tcpcopy::inject {

std::uint16_t path_mtu(const Address& destination, std::uint16_t fallback) {
  // A connected datagram socket knows its route; nothing is sent.
  const runtime::UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  address.sin_addr.s_addr = htonl(destination.v4_bits());
  const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  int mtu = 0;
  socklen_t length = sizeof mtu;
  if (!fd || ::connect(fd.get(), generic, sizeof address) != 0 ||
      ::getsockopt(fd.get(), IPPROTO_IP, IP_MTU, &mtu, &length) != 0) {
    return fallback;
  }
  return static_cast<std::uint16_t>(std::clamp(mtu, 128, 65535));
}

}  // namespace tcpcopy::inject
