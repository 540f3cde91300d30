// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/inject/send_batch.hh"

#include <poll.h>

#include <cerrno>

namespace tcpcopy::inject {
namespace {

constexpr int kSendBuffer = 4 << 20;  // bytes
constexpr int kRoomWaitMs = 2;

}  // namespace

void enlarge_send_buffer(int fd) {
  // The forced variant is not bound by net.core.wmem_max, and takes CAP_NET_ADMIN.
  if (::setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &kSendBuffer, sizeof kSendBuffer) != 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
  }
}

void send_batch(int fd, std::span<mmsghdr> messages, absl::FunctionRef<void(std::size_t)> sent,
                absl::FunctionRef<void(std::size_t, int error)> refused) {
  bool waited = false;
  for (std::size_t at = 0; at < messages.size();) {
    const auto left = static_cast<unsigned>(messages.size() - at);
    const int taken = ::sendmmsg(fd, &messages[at], left, MSG_DONTWAIT);
    for (int i = 0; i < taken; ++i)
      sent(at++);
    if (taken > 0 || errno == EINTR) continue;
    const int error = errno;
    if (error == EAGAIN && !waited) {  // the socket's own queue: the device empties it soon
      waited = true;
      pollfd writable{fd, POLLOUT, 0};
      if (::poll(&writable, 1, kRoomWaitMs) == 1) continue;
    }
    refused(at++, error);
  }
}

}  // namespace tcpcopy::inject
