// SPDX-License-Identifier: BSD-3-Clause
// Reading and being patient. Writing to a reader that is too slow:
// tcpcopy_link_slow_reader_test.cc.
#include "intercept/link/tcpcopy_link.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <vector>

#include "tests/unit/link/tcp_pair.hh"

namespace tcpcopy::link {
namespace {

using namespace std::chrono_literals;
using test::bytes;
using testing::HasSubstr;
using wire::RouteMessage;

constexpr Duration kTime = TcpcopyLink::kMessageTime;
Instant at(Duration time) { return Instant(1h + time); }

const FlowKey kFlow{{Address::v4(0x3e87c801), 40000}, {Address::v4(0x0a00001e), 8080}};
const RouteMessage kVersion = RouteMessage::version(6);
const RouteMessage kAdd = RouteMessage::add_route(kFlow);

class TcpcopyLinkTest : public testing::Test {
 protected:
  /// Sends bytes and lets the link read them. @return why the link has to be closed.
  std::string take(Bytes input, Instant now = at(0s)) {
    pair_.peer.send(input);
    return read(now);
  }
  std::string take(const RouteMessage& message, Instant now = at(0s)) {
    return take(Bytes(encode(message)), now);
  }
  std::string read(Instant now = at(0s)) {
    pollfd ready{link_.fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&ready, 1, 10'000), 1);
    return detail(
        link_.read(now, [&](const RouteMessage& message) { messages_.push_back(message); }));
  }
  std::string overdue(Instant now) const { return detail(link_.overdue(now)); }
  static std::string detail(const MaybeEnd& end) { return end ? end->detail : ""; }

  test::TcpPair pair_ = test::tcp_pair(1 << 16);
  TcpcopyLink link_{std::move(pair_.link), pair_.peer_endpoint, {}, 0, at(0s)};
  std::vector<RouteMessage> messages_;
};

TEST_F(TcpcopyLinkTest, KnowsItsPeer) {
  EXPECT_EQ(link_.peer(), pair_.peer_endpoint);
  EXPECT_EQ(link_.peer().address, Address::v4(0x7f000001));
}

TEST_F(TcpcopyLinkTest, TheVersionIsNotHandedOn) {
  EXPECT_EQ(take(kVersion), "");
  EXPECT_TRUE(messages_.empty());
  EXPECT_EQ(take(kAdd), "");
  EXPECT_EQ(messages_, std::vector{kAdd});
}

TEST_F(TcpcopyLinkTest, AnotherVersionIsTolerated) {
  EXPECT_EQ(take(RouteMessage::version(5)), "");
  EXPECT_EQ(link_.version(), 5);
  EXPECT_EQ(take(kAdd), "");
  EXPECT_EQ(messages_, std::vector{kAdd});
}

TEST_F(TcpcopyLinkTest, HasGreetedOnceItSaidItsVersion) {
  EXPECT_FALSE(link_.greeted());
  ASSERT_EQ(take(Bytes(encode(kVersion)).first(13)), "");
  EXPECT_FALSE(link_.greeted());
  ASSERT_EQ(take(Bytes(encode(kVersion)).subspan(13)), "");
  EXPECT_TRUE(link_.greeted());
  EXPECT_EQ(link_.version(), wire::kVersion);
}

TEST_F(TcpcopyLinkTest, AStrangerHasNotGreeted) {
  EXPECT_NE(take(bytes("GET / HTTP/1.1\r\n\r\n")), "");
  EXPECT_FALSE(link_.greeted());
}

TEST_F(TcpcopyLinkTest, AnOldClientBeginsWithARoute) {
  EXPECT_EQ(take(kAdd), "");
  EXPECT_TRUE(link_.greeted());
  EXPECT_EQ(link_.version(), 0);
  EXPECT_EQ(messages_, std::vector{kAdd});
}

TEST_F(TcpcopyLinkTest, MessagesMayComeInPieces) {
  ASSERT_EQ(take(kVersion), "");
  const auto encoded = encode(kAdd);
  for (const std::byte& one : encoded)
    EXPECT_EQ(take(Bytes(&one, 1)), "");
  EXPECT_EQ(messages_, std::vector{kAdd});
}

TEST_F(TcpcopyLinkTest, ManyMessagesMayComeAtOnce) {
  test::ByteVector stream = test::copy(encode(kVersion));
  for (int i = 0; i < 1000; ++i)
    test::append(stream, encode(kAdd));
  ASSERT_EQ(take(stream), "");
  while (messages_.size() < 1000)
    ASSERT_EQ(read(), "");
  EXPECT_EQ(messages_, std::vector(1000, kAdd));
}

TEST_F(TcpcopyLinkTest, AnHttpRequestIsNoMessage) {
  EXPECT_THAT(take(bytes("GET / HTTP/1.1\r\n\r\n")), HasSubstr("no message of a tcpcopy"));
  EXPECT_TRUE(messages_.empty());
}

TEST_F(TcpcopyLinkTest, AnUnknownTypeLaterIsRefused) {
  ASSERT_EQ(take(kVersion), "");
  RouteMessage message = kAdd;
  message.type = 9;
  EXPECT_THAT(take(message), HasSubstr("message type 9 is unknown"));
  EXPECT_TRUE(messages_.empty());
}

TEST_F(TcpcopyLinkTest, ADeletionIsHandedOn) {
  ASSERT_EQ(take(kVersion), "");
  RouteMessage message = kAdd;
  message.type = 2;
  EXPECT_EQ(take(message), "");
  EXPECT_EQ(messages_, std::vector{message});
}

TEST_F(TcpcopyLinkTest, TheEndOfThePeerIsNoticed) {
  pair_.peer.close();
  EXPECT_THAT(read(), HasSubstr("closed by its tcpcopy"));
}

TEST_F(TcpcopyLinkTest, NothingToReadIsNoReasonToClose) {
  EXPECT_FALSE(link_.read(at(0s), [](const RouteMessage&) { ADD_FAILURE(); }));
}

TEST_F(TcpcopyLinkTest, SilenceAfterTheConnectIsOverdue) {
  EXPECT_EQ(overdue(at(kTime - 1ns)), "");
  EXPECT_THAT(overdue(at(kTime)), HasSubstr("said nothing in time"));
}

TEST_F(TcpcopyLinkTest, SilenceAfterTheVersionIsNot) {
  ASSERT_EQ(take(kVersion), "");
  EXPECT_EQ(overdue(at(1000h)), "");
}

TEST_F(TcpcopyLinkTest, AMessageThatIsNotFinishedIsOverdue) {
  ASSERT_EQ(take(kVersion), "");
  ASSERT_EQ(take(bytes({0x3e}), at(100s)), "");
  ASSERT_EQ(take(bytes({0x87}), at(105s)), "");  // a trickle wins no time
  EXPECT_EQ(overdue(at(100s + kTime - 1ns)), "");
  EXPECT_THAT(overdue(at(100s + kTime)), HasSubstr("did not finish it"));
}

TEST_F(TcpcopyLinkTest, AMessageThatIsFinishedIsNot) {
  ASSERT_EQ(take(kVersion), "");
  const auto encoded = encode(kAdd);
  ASSERT_EQ(take(Bytes(encoded).first(5), at(100s)), "");
  ASSERT_EQ(take(Bytes(encoded).subspan(5), at(109s)), "");
  EXPECT_EQ(overdue(at(1000h)), "");
}

}  // namespace
}  // namespace tcpcopy::link
