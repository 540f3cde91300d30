// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/socket.hh"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <cerrno>

#include "tests/support/refusal.hh"
#include "tests/unit/links/tcp_pair.hh"

namespace tcpcopy::runtime {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const Address kLoopback = Address::v4(0x7f000001);

TEST(Socket, AConnectionIsAcceptedWithItsPeer) {
  // tcp_pair() listens, connects and accepts with the functions that are tested here.
  const test::TcpPair pair = test::tcp_pair(1 << 16);
  pair.peer.send(test::bytes("hello"));
  EXPECT_EQ(pair.peer_endpoint.address, kLoopback);
  EXPECT_NE(pair.peer_endpoint.port, 0);
  EXPECT_NE(::fcntl(pair.link.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST(Socket, NobodyWaitsToBeAccepted) {
  const UniqueFd listener = listen_on({kLoopback, 0});
  Endpoint peer;
  EXPECT_FALSE(accept_from(listener.get(), peer));
}

TEST(Socket, APortThatIsTakenIsRefused) {
  const UniqueFd listener = listen_on({kLoopback, 0});
  const Endpoint taken = test::own_end(listener.get());
  EXPECT_THAT(test::refusal([&] { listen_on(taken); }),
              AllOf(HasSubstr("cannot listen on " + taken.to_string()), HasSubstr("-p")));
}

TEST(Socket, AnAddressThatIsNotThereYetIsWaitedFor) {
  const UniqueFd listener = listen_on({Address::v4(0xc0000201), 0});
  EXPECT_TRUE(listener);
  EXPECT_THAT(test::refusal([&] { listen_on(test::own_end(listener.get())); }),
              HasSubstr("cannot listen on 192.0.2.1:"))
      << "its port is taken all the same";
}

TEST(Socket, AConnectThatIsRefusedHasAnErrno) {
  Endpoint nobody;
  {
    const UniqueFd listener = listen_on({kLoopback, 0});
    nobody = test::own_end(listener.get());
  }
  const UniqueFd fd = begin_connect(nobody);
  if (!fd) {
    EXPECT_EQ(errno, ECONNREFUSED);
    return;
  }
  pollfd ready{fd.get(), POLLOUT, 0};
  ASSERT_EQ(::poll(&ready, 1, 10'000), 1);
  EXPECT_EQ(connect_result(fd.get()), ECONNREFUSED);
}

TEST(Socket, ErrorsHaveATextWithoutANumber) {
  EXPECT_EQ(error_text(ENOENT), "No such file or directory");
}

}  // namespace
}  // namespace tcpcopy::runtime
