// SPDX-License-Identifier: BSD-3-Clause
// A link on its socket. What it makes of the bytes: channel/intercept_end_test.cc. Writing to a
// reader that is too slow: tcpcopy_link_slow_reader_test.cc.
#include "intercept/link/tcpcopy_link.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <vector>

#include "common/wire/route_message.hh"
#include "tests/unit/links/tcp_pair.hh"

namespace tcpcopy::link {
namespace {

using namespace std::chrono_literals;
using test::bytes;
using testing::HasSubstr;
using wire::RouteMessage;

Instant at(Duration time) { return Instant(1h + time); }

const FlowKey kFlow{{Address::v4(0x3e87c801), 40000}, {Address::v4(0x0a00001e), 8080}};
const RouteMessage kVersion = RouteMessage::version(6);
const RouteMessage kAdd = RouteMessage::add_route(kFlow);

class TcpcopyLinkTest : public testing::Test {
 protected:
  /// Sends bytes and lets the link read them. @return why the link has to be closed.
  std::string take(Bytes input) {
    pair_.peer.send(input);
    return read();
  }
  std::string read() {
    pollfd ready{link_.fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&ready, 1, 10'000), 1);
    return detail(link_.read(at(0s), [&](const wire::Message& message) {
      routes_.push_back(std::get<wire::AddRoute>(message).flow);
    }));
  }
  static std::string detail(const channel::MaybeEnd& end) { return end ? end->detail : ""; }

  test::TcpPair pair_ = test::tcp_pair(1 << 16);
  TcpcopyLink link_{std::move(pair_.link), pair_.peer_endpoint, {}, at(0s)};
  std::vector<FlowKey> routes_;
};

TEST_F(TcpcopyLinkTest, KnowsItsPeer) {
  EXPECT_EQ(link_.peer(), pair_.peer_endpoint);
  EXPECT_EQ(link_.peer().address, Address::v4(0x7f000001));
}

TEST_F(TcpcopyLinkTest, AStrangerHasNotGreeted) {
  EXPECT_NE(take(bytes("GET / HTTP/1.1\r\n\r\n")), "");
  EXPECT_FALSE(link_.end().greeted());
}

TEST_F(TcpcopyLinkTest, ManyMessagesMayComeAtOnce) {
  test::ByteVector stream = test::copy(encode(kVersion));
  for (int i = 0; i < 1000; ++i)
    test::append(stream, encode(kAdd));
  ASSERT_EQ(take(stream), "");
  while (routes_.size() < 1000)
    ASSERT_EQ(read(), "");
  EXPECT_EQ(routes_, std::vector(1000, kFlow));
}

TEST_F(TcpcopyLinkTest, TheEndOfThePeerIsNoticed) {
  pair_.peer.close();
  EXPECT_THAT(read(), HasSubstr("closed by its tcpcopy"));
}

TEST_F(TcpcopyLinkTest, NothingToReadIsNoReasonToClose) {
  EXPECT_FALSE(link_.read(at(0s), [](const wire::Message&) { ADD_FAILURE(); }));
}

TEST_F(TcpcopyLinkTest, SilenceIsOverdueWithoutAnEvent) {
  constexpr Duration kTime = channel::InterceptEnd::kMessageTime;
  EXPECT_EQ(detail(link_.overdue(at(kTime - 1ns))), "");
  EXPECT_THAT(detail(link_.overdue(at(kTime))), HasSubstr("said nothing in time"));
}

}  // namespace
}  // namespace tcpcopy::link
