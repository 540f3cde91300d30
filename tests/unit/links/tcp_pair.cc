// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/links/tcp_pair.hh"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "common/runtime/socket.hh"

namespace tcpcopy::test {
namespace {

constexpr int kPatienceMs = 10'000;

bool wait_for(int fd, short events) {
  pollfd ready{fd, events, 0};
  return ::poll(&ready, 1, kPatienceMs) == 1;
}

}  // namespace

Endpoint own_end(int fd) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  EXPECT_EQ(::getsockname(fd, static_cast<sockaddr*>(static_cast<void*>(&address)), &length), 0);
  return {Address::v4(ntohl(address.sin_addr.s_addr)), ntohs(address.sin_port)};
}

void Peer::send(Bytes bytes) const {
  EXPECT_EQ(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
}

std::optional<ByteVector> Peer::receive() const {
  ByteVector bytes(1U << 16U);
  const ssize_t size = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
  const bool nothing_yet = size < 0 && errno == EAGAIN;
  EXPECT_TRUE(size >= 0 || nothing_yet);
  if (size == 0) return std::nullopt;
  bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return bytes;
}

bool Peer::readable() const { return wait_for(fd_.get(), POLLIN); }

TcpPair tcp_pair(int send_buffer) {
  const runtime::UniqueFd listener = runtime::listen_on({Address::v4(0x7f000001), 0});
  runtime::UniqueFd peer = runtime::begin_connect(own_end(listener.get()));
  EXPECT_TRUE(peer);
  EXPECT_TRUE(wait_for(listener.get(), POLLIN));
  Endpoint peer_endpoint;
  runtime::UniqueFd link = runtime::accept_from(listener.get(), peer_endpoint);
  EXPECT_TRUE(link);
  EXPECT_TRUE(wait_for(peer.get(), POLLOUT));
  EXPECT_EQ(runtime::connect_result(peer.get()), 0);
  EXPECT_EQ(peer_endpoint, own_end(peer.get()));
  ::setsockopt(link.get(), SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
  return {Peer(std::move(peer)), std::move(link), peer_endpoint};
}

}  // namespace tcpcopy::test
