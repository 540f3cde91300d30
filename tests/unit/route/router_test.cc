// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/route/router.hh"

#include <gtest/gtest.h>

#include <ostream>
#include <set>
#include <utility>
#include <vector>

#include "common/wire/response_record.hh"
#include "tests/unit/packet_bytes.hh"

namespace tcpcopy::route {
namespace {

using namespace std::chrono_literals;
using wire::RouteMessage;

constexpr LinkId kLink = 1;
constexpr LinkId kOtherLink = 2;

Instant at(Duration time) { return Instant(1000s + time); }

/// What a link was given: the sequence number of a response.
struct Delivery {
  LinkId link;
  std::uint32_t seq;
  friend bool operator==(const Delivery&, const Delivery&) = default;
};
using Deliveries = std::vector<Delivery>;

// GoogleTest's name for a printer of a type.
// NOLINTNEXTLINE(readability-identifier-naming)
void PrintTo(const Delivery& delivery, std::ostream* out) {
  *out << "link " << delivery.link << " seq " << delivery.seq;
}

class Links : public MessageSink {
 public:
  bool deliver(LinkId link, const net::TcpPacket& response) override {
    return take(link, response.tcp.seq);
  }
  bool deliver_record(LinkId link, Bytes record) override {
    return take(link, wire::decode_response(record).value.seq.raw);
  }
  void close(LinkId link) { closed_.insert(link); }
  Deliveries take_all() { return std::exchange(deliveries_, {}); }

 private:
  bool take(LinkId link, std::uint32_t seq) {
    if (closed_.contains(link)) return false;
    deliveries_.push_back({link, seq});
    return true;
  }

  std::set<LinkId> closed_;
  Deliveries deliveries_;
};

const Endpoint kTarget{Address::v4(0x0a00001e), 8080};
Endpoint client(std::uint16_t port) { return {Address::v4(0x3e87c801), port}; }

class RouterTest : public testing::Test {
 protected:
  void respond(std::uint16_t port, std::uint32_t seq, Instant now,
               std::uint8_t flags = TcpFlags::kAck, const Endpoint& target = kTarget) {
    const auto packet = test::packet_bytes(
        {.source = target, .destination = client(port), .seq = seq, .flags = flags});
    const auto parsed = net::parse_tcp_packet(packet, net::Extent::kWhole);
    ASSERT_TRUE(parsed);
    router_.on_response(parsed.value, now, links_);
  }
  void add_route(LinkId link, std::uint16_t port, Instant now) {
    router_.on_link_message(link, RouteMessage::add_route({client(port), kTarget}), now, links_);
  }

  Router router_{wire::kHeaderRecordSize};
  Links links_;
};

TEST_F(RouterTest, AResponseGoesToTheLinkOfItsRoute) {
  add_route(kLink, 1, at(0s));
  add_route(kOtherLink, 2, at(0s));
  respond(2, 20, at(1s));
  respond(1, 10, at(1s));
  EXPECT_EQ(links_.take_all(), (Deliveries{{kOtherLink, 20}, {kLink, 10}}));
  EXPECT_EQ(router_.routes(), 2U);
  EXPECT_EQ(router_.counters().responses, 2U);
  EXPECT_EQ(router_.counters().forwarded, 2U);
  EXPECT_EQ(router_.counters().routes_added, 2U);
  EXPECT_EQ(router_.counters().held, 0U);
}

TEST_F(RouterTest, BothEndsOfTheConnectionCount) {
  add_route(kLink, 1, at(0s));
  respond(1, 10, at(1s), TcpFlags::kAck, {kTarget.address, 8081});
  respond(1, 10, at(1s), TcpFlags::kAck, {Address::v4(0x0a00001f), 8080});
  EXPECT_TRUE(links_.take_all().empty());
  EXPECT_EQ(router_.counters().held, 2U);
}

TEST_F(RouterTest, EarlyResponsesAreDeliveredInOrderWhenTheRouteComes) {
  respond(1, 10, at(0s), TcpFlags::kSyn | TcpFlags::kAck);
  respond(2, 20, at(0s));
  respond(1, 11, at(1s));
  EXPECT_TRUE(links_.take_all().empty());
  EXPECT_EQ(router_.early(), 3U);

  add_route(kLink, 1, at(2s));
  EXPECT_EQ(links_.take_all(), (Deliveries{{kLink, 10}, {kLink, 11}}));
  EXPECT_EQ(router_.early(), 1U);
  respond(1, 12, at(2s));
  EXPECT_EQ(links_.take_all(), (Deliveries{{kLink, 12}}));
  EXPECT_EQ(router_.counters().held, 3U);
  EXPECT_EQ(router_.counters().forwarded, 3U);
}

TEST_F(RouterTest, EarlyResponsesExpire) {
  respond(1, 10, at(0s));
  respond(1, 11, at(20s));
  router_.on_deadline(at(EarlyResponses::kMaxWait));
  EXPECT_EQ(router_.counters().dropped_early, 1U);
  add_route(kLink, 1, at(31s));
  EXPECT_EQ(links_.take_all(), (Deliveries{{kLink, 11}}));
}

TEST_F(RouterTest, ThePoolOfEarlyResponsesIsBounded) {
  for (std::size_t n = 0; n < EarlyResponses::kMaxResponses + 3; ++n)
    respond(static_cast<std::uint16_t>(n % 997), static_cast<std::uint32_t>(n), at(0s));
  EXPECT_EQ(router_.early(), EarlyResponses::kMaxResponses);
  EXPECT_EQ(router_.counters().dropped_early, 3U);
  EXPECT_EQ(router_.counters().held, EarlyResponses::kMaxResponses + 3);
}

TEST_F(RouterTest, AMessageThatAddsNoRouteChangesNothing) {
  add_route(kLink, 1, at(0s));
  RouteMessage message = RouteMessage::add_route({client(1), kTarget});
  message.type =
      static_cast<std::uint16_t>(RouteMessage::Type::kDeleteRoute);  // ignored, as in 1.x
  router_.on_link_message(kOtherLink, message, at(0s), links_);
  message.type = 77;
  router_.on_link_message(kOtherLink, message, at(0s), links_);
  router_.on_link_message(kOtherLink, RouteMessage::version(1), at(0s), links_);
  respond(1, 10, at(1s));
  EXPECT_EQ(links_.take_all(), (Deliveries{{kLink, 10}}));
  EXPECT_EQ(router_.routes(), 1U);
}

TEST_F(RouterTest, ARouteThatIsRegisteredAgainMovesToTheNewLink) {
  add_route(kLink, 1, at(0s));
  respond(1, 10, at(1s));
  add_route(kOtherLink, 1, at(2s));
  respond(1, 11, at(3s));
  EXPECT_EQ(links_.take_all(), (Deliveries{{kLink, 10}, {kOtherLink, 11}}));
  EXPECT_EQ(router_.routes(), 1U);
}

TEST_F(RouterTest, TheRouteOfALinkThatIsGoneIsForgotten) {
  add_route(kLink, 1, at(0s));
  links_.close(kLink);
  respond(1, 10, at(1s));
  EXPECT_EQ(router_.counters().dropped_link_gone, 1U);
  EXPECT_EQ(router_.routes(), 0U);
  respond(1, 11, at(2s));  // waits for tcpcopy to come back
  EXPECT_EQ(router_.early(), 1U);
  add_route(kOtherLink, 1, at(3s));
  EXPECT_EQ(links_.take_all(), (Deliveries{{kOtherLink, 11}}));
}

TEST_F(RouterTest, EarlyResponsesForALinkThatIsGoneAreCounted) {
  respond(1, 10, at(0s));
  respond(1, 11, at(0s));
  links_.close(kLink);
  add_route(kLink, 1, at(1s));
  EXPECT_EQ(router_.counters().dropped_link_gone, 2U);
  EXPECT_EQ(router_.early(), 0U);
}

class EndedRoute : public RouterTest, public testing::WithParamInterface<std::uint8_t> {};

TEST_P(EndedRoute, StillRoutes) {
  add_route(kLink, 1, at(0s));
  respond(1, 10, at(1s), GetParam());
  respond(1, 11, at(2s));
  respond(1, 12, at(3s), GetParam());  // sent again
  EXPECT_EQ(links_.take_all(), (Deliveries{{kLink, 10}, {kLink, 11}, {kLink, 12}}));
  EXPECT_EQ(router_.routes(), 1U);
}

TEST_P(EndedRoute, IsForgottenSoon) {
  add_route(kLink, 1, at(0s));
  respond(1, 10, at(1s), GetParam());
  respond(1, 11, at(1s + 2 * Router::kEndedPeriod));
  EXPECT_EQ(links_.take_all(), (Deliveries{{kLink, 10}}));
  EXPECT_EQ(router_.routes(), 0U);
}

TEST_P(EndedRoute, LivesAgainWhenItIsRegisteredAgain) {
  add_route(kLink, 1, at(0s));
  respond(1, 10, at(1s), GetParam());
  add_route(kOtherLink, 1, at(2s));  // the client uses its port for a new connection
  respond(1, 11, at(2s + 2 * Router::kEndedPeriod));
  EXPECT_EQ(links_.take_all(), (Deliveries{{kLink, 10}, {kOtherLink, 11}}));
  EXPECT_EQ(router_.routes(), 1U);
}

TEST_P(EndedRoute, OfALinkThatIsGoneIsForgotten) {
  add_route(kLink, 1, at(0s));
  respond(1, 10, at(1s), GetParam());
  links_.close(kLink);
  respond(1, 11, at(2s));
  EXPECT_EQ(router_.routes(), 0U);
  EXPECT_EQ(router_.counters().dropped_link_gone, 1U);
}

INSTANTIATE_TEST_SUITE_P(ByEitherFlag, EndedRoute,
                         testing::Values(TcpFlags::kRst, TcpFlags::kFin | TcpFlags::kAck));

TEST_F(RouterTest, ASilentRouteIsForgotten) {
  add_route(kLink, 1, at(0s));
  respond(1, 10, at(2 * Router::kRoutePeriod));
  EXPECT_TRUE(links_.take_all().empty());
  EXPECT_EQ(router_.early(), 1U);
}

TEST_F(RouterTest, AUsedRouteStays) {
  add_route(kLink, 1, at(0s));
  for (int i = 1; i <= 10; ++i)
    respond(1, 10, at(i * (Router::kRoutePeriod - 1s)));
  EXPECT_EQ(links_.take_all().size(), 10U);
  EXPECT_EQ(router_.routes(), 1U);
}

}  // namespace
}  // namespace tcpcopy::route
