// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/inject/path_mtu.hh"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "common/runtime/socket_address.hh"
#include "common/runtime/unique_fd.hh"

namespace tcpcopy::inject {

std::uint16_t path_mtu(const Address& destination, std::uint16_t fallback) {
  // A connected datagram socket knows its route; nothing is sent.
  const runtime::UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = runtime::to_sockaddr({destination, runtime::kDiscardPort});
  int mtu = 0;
  socklen_t length = sizeof mtu;
  if (!fd || ::connect(fd.get(), runtime::generic(address), sizeof address) != 0 ||
      ::getsockopt(fd.get(), IPPROTO_IP, IP_MTU, &mtu, &length) != 0) {
    return fallback;
  }
  return static_cast<std::uint16_t>(std::clamp(mtu, 128, 65535));
}

}  // namespace tcpcopy::inject
