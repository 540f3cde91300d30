// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/route/router.hh"

#include <gtest/gtest.h>

#include <ostream>
#include <utility>
#include <vector>

#include "tests/support/packet_bytes.hh"

namespace tcpcopy::route {
namespace {

using namespace std::chrono_literals;

constexpr LinkId kLink = 1;
constexpr LinkId kOtherLink = 2;    // of the same peer
constexpr LinkId kForeignLink = 3;  // of another

Announcer announcer(LinkId link) {
  return {link, Address::v4(link == kForeignLink ? 0x0a000015 : 0x0a000014)};
}

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
  void deliver(LinkId link, const wire::CapturedHeaders& response) override {
    deliveries_.push_back({link, wire::to_response(response).value.seq.raw});
  }
  Deliveries take_all() { return std::exchange(deliveries_, {}); }

 private:
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
    last_outcome_ = router_.on_route(announcer(link), {client(port), kTarget}, now, links_);
  }

  Router router_;
  Links links_;
  RouteOutcome last_outcome_ = RouteOutcome::kRefused;
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
  EXPECT_EQ(router_.counters().dropped_expired, 1U);
  add_route(kLink, 1, at(31s));
  EXPECT_EQ(links_.take_all(), (Deliveries{{kLink, 11}}));
}

TEST_F(RouterTest, ThePoolOfEarlyResponsesIsBounded) {
  for (std::size_t n = 0; n < EarlyResponses::kMaxResponses + 3; ++n)
    respond(static_cast<std::uint16_t>(n % 997), static_cast<std::uint32_t>(n), at(0s));
  EXPECT_EQ(router_.early(), EarlyResponses::kMaxResponses);
  EXPECT_EQ(router_.counters().dropped_no_room, 3U);
  EXPECT_EQ(router_.counters().held, EarlyResponses::kMaxResponses + 3);
}

TEST_F(RouterTest, ARouteThatIsRegisteredAgainMovesToTheNewLink) {
  add_route(kLink, 1, at(0s));
  respond(1, 10, at(1s));
  add_route(kOtherLink, 1, at(2s));
  respond(1, 11, at(3s));
  EXPECT_EQ(links_.take_all(), (Deliveries{{kLink, 10}, {kOtherLink, 11}}));
  EXPECT_EQ(router_.routes(), 1U);
}

TEST_F(RouterTest, AnotherPeerCannotTakeARoute) {
  add_route(kLink, 1, at(0s));
  add_route(kForeignLink, 1, at(1s));
  EXPECT_EQ(last_outcome_, RouteOutcome::kForeign);
  respond(1, 10, at(2s));
  EXPECT_EQ(links_.take_all(), (Deliveries{{kLink, 10}}));
  EXPECT_EQ(router_.counters().routes_foreign, 1U);
  EXPECT_EQ(router_.counters().routes_added, 1U);
  EXPECT_EQ(router_.routes_of(kForeignLink), 0U);
}

// What its target has ended is not gone: FIN may be half of an end, and its tcpcopy comes back.
TEST_F(RouterTest, AnotherPeerCannotTakeARouteThatTheTargetEnded) {
  add_route(kLink, 1, at(0s));
  respond(1, 10, at(1s), TcpFlags::kFin | TcpFlags::kAck);
  add_route(kForeignLink, 1, at(Router::kEndedPeriod));
  EXPECT_EQ(last_outcome_, RouteOutcome::kForeign);
  add_route(kOtherLink, 1, at(Router::kEndedPeriod));
  respond(1, 11, at(2 * Router::kEndedPeriod));
  EXPECT_EQ(links_.take_all(), (Deliveries{{kLink, 10}, {kOtherLink, 11}}));
}

TEST_F(RouterTest, ARouteThatIsGoneIsAnybodys) {
  add_route(kLink, 1, at(0s));
  respond(1, 10, at(1s), TcpFlags::kRst);
  add_route(kForeignLink, 1, at(1s + Router::kEndedPeriod));
  EXPECT_EQ(last_outcome_, RouteOutcome::kAdded);
  add_route(kLink, 2, at(0s));
  router_.on_link_closed(kLink);
  add_route(kForeignLink, 2, at(1s));
  EXPECT_EQ(last_outcome_, RouteOutcome::kAdded);
  links_.take_all();
  respond(1, 11, at(2s + Router::kEndedPeriod));
  respond(2, 21, at(2s + Router::kEndedPeriod));
  EXPECT_EQ(links_.take_all(), (Deliveries{{kForeignLink, 11}, {kForeignLink, 21}}));
}

TEST_F(RouterTest, TheRoutesOfALinkThatIsClosedAreGone) {
  add_route(kLink, 1, at(0s));
  add_route(kLink, 2, at(0s));
  add_route(kOtherLink, 3, at(0s));
  EXPECT_EQ(router_.routes_of(kLink), 2U);
  router_.on_link_closed(kLink);
  EXPECT_EQ(router_.routes(), 1U);
  EXPECT_EQ(router_.routes_of(kLink), 0U);
  respond(1, 10, at(1s));  // waits for tcpcopy to come back
  respond(3, 30, at(1s));
  EXPECT_EQ(links_.take_all(), (Deliveries{{kOtherLink, 30}}));
  EXPECT_EQ(router_.early(), 1U);
  add_route(kOtherLink, 1, at(2s));
  EXPECT_EQ(links_.take_all(), (Deliveries{{kOtherLink, 10}}));
  EXPECT_EQ(router_.routes(), 2U);
}

TEST_F(RouterTest, ClosingALinkThatRegisteredNothingChangesNothing) {
  add_route(kLink, 1, at(0s));
  router_.on_link_closed(kOtherLink);
  EXPECT_EQ(router_.routes(), 1U);
}

TEST_F(RouterTest, EveryResponseStandsInOneAccount) {
  for (std::uint16_t port = 1; port <= 10; ++port)
    respond(port, port, at(0s));
  for (std::uint16_t port = 2; port <= 10; port += 2)
    add_route(kLink, port, at(1s));
  for (std::uint16_t port = 3; port <= 9; port += 3)
    respond(port, port, at(20s));
  router_.on_deadline(at(EarlyResponses::kMaxWait));
  const RouterCounters& counters = router_.counters();
  EXPECT_EQ(counters.responses, 13U);
  EXPECT_EQ(counters.forwarded, 6U);
  EXPECT_EQ(counters.dropped_expired, 5U);
  EXPECT_EQ(router_.early(), 2U);
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
  respond(1, 11, at(1s + Router::kEndedPeriod));
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

TEST_P(EndedRoute, OfALinkThatIsClosedIsGone) {
  add_route(kLink, 1, at(0s));
  respond(1, 10, at(1s), GetParam());
  router_.on_link_closed(kLink);
  EXPECT_EQ(router_.routes(), 0U);
  respond(1, 11, at(2s));
  EXPECT_EQ(links_.take_all(), (Deliveries{{kLink, 10}}));
  EXPECT_EQ(router_.early(), 1U);
}

INSTANTIATE_TEST_SUITE_P(ByEitherFlag, EndedRoute,
                         testing::Values(TcpFlags::kRst, TcpFlags::kFin | TcpFlags::kAck));

TEST_F(RouterTest, AnIdleRouteIsForgottenLate) {
  add_route(kLink, 1, at(0s));
  respond(1, 10, at(Router::kIdlePeriod - 1s));
  EXPECT_EQ(links_.take_all().size(), 1U);
  respond(1, 11, at(2 * Router::kIdlePeriod - 1s));
  EXPECT_TRUE(links_.take_all().empty());
  EXPECT_EQ(router_.early(), 1U);
  EXPECT_EQ(router_.routes(), 0U);
}

TEST_F(RouterTest, TheSweepForgetsWhatIsOver) {
  for (std::uint16_t port = 1; port <= 1000; ++port)
    add_route(kLink, port, at(0s));
  for (std::uint16_t port = 1; port <= 600; ++port)
    respond(port, 10, at(1s), TcpFlags::kRst);
  router_.on_deadline(at(2s));
  EXPECT_EQ(router_.routes(), 1000U);
  router_.on_deadline(at(1s + Router::kEndedPeriod));
  EXPECT_EQ(router_.routes(), 400U);
  router_.on_deadline(at(Router::kIdlePeriod));
  EXPECT_EQ(router_.routes(), 0U);
  EXPECT_EQ(router_.routes_of(kLink), 0U);
}

// A table of 300 routes, 200 of a link, in which room is soon short. Links 1 to 9 are each of a
// peer of its own, 10 to 19 of one.
class CrowdedRouter : public RouterTest {
 protected:
  static Announcer peer_of(LinkId link) { return {link, Address::v4(link < 10 ? link : 10)}; }
  RouteOutcome add(LinkId link, std::uint32_t number, Instant now) {
    const Endpoint client{Address::v4(number), 1};
    return crowded_.on_route(peer_of(link), {client, kTarget}, now, links_);
  }
  bool knows(std::uint32_t number, Instant now) {
    const Endpoint client{Address::v4(number), 1};
    const auto packet = test::packet_bytes({.source = kTarget, .destination = client});
    crowded_.on_response(net::parse_tcp_packet(packet, net::Extent::kWhole).value, now, links_);
    return !links_.take_all().empty();
  }
  /// @return how many of the routes [begin, end) are known.
  std::size_t known(std::uint32_t begin, std::uint32_t end, Instant now) {
    std::size_t count = 0;
    for (std::uint32_t number = begin; number < end; ++number)
      count += knows(number, now) ? 1U : 0U;
    return count;
  }

  Router crowded_{0, {.routes = 300, .routes_per_link = 200}};
};

TEST_F(CrowdedRouter, AFloodOfRoutesCostsItsLinkItsOwn) {
  for (std::uint32_t number = 0; number < 50; ++number)
    ASSERT_EQ(add(kOtherLink, number, at(0s)), RouteOutcome::kAdded);
  std::size_t displaced = 0;
  for (std::uint32_t number = 1000; number < 11'000; ++number)
    displaced += add(kLink, number, at(1s)) == RouteOutcome::kDisplaced ? 1U : 0U;
  EXPECT_EQ(crowded_.routes_of(kLink), 200U);
  EXPECT_EQ(crowded_.routes_of(kOtherLink), 50U);
  const RouterCounters& counters = crowded_.counters();
  EXPECT_EQ(counters.routes_displaced, displaced);
  EXPECT_EQ(counters.routes_displaced + counters.routes_refused, 9800U);
  EXPECT_EQ(known(0, 50, at(2s)), 50U);
}

TEST_F(CrowdedRouter, WhatWasUnusedForLongestMakesRoom) {
  for (std::uint32_t number = 0; number < 200; ++number)
    add(kLink, number, at(0s));
  EXPECT_EQ(known(0, 100, at(10s)), 100U);
  for (std::uint32_t number = 1000; number < 1050; ++number)
    EXPECT_EQ(add(kLink, number, at(20s)), RouteOutcome::kDisplaced);
  EXPECT_EQ(known(0, 100, at(30s)), 100U);
  EXPECT_EQ(known(1000, 1050, at(30s)), 50U);
  EXPECT_EQ(crowded_.routes_of(kLink), 200U);
}

TEST_F(CrowdedRouter, AFullTableTakesFromThoseWithMoreThanTheirShare) {
  for (std::uint32_t number = 0; number < 200; ++number)
    add(1, number, at(0s));
  for (std::uint32_t number = 1000; number < 1100; ++number)
    add(2, number, at(0s));
  for (std::uint32_t number = 2000; number < 2050; ++number)
    EXPECT_EQ(add(3, number, at(1s)), RouteOutcome::kDisplaced);
  EXPECT_EQ(crowded_.routes(), 300U);
  EXPECT_EQ(crowded_.routes_of(1), 150U);
  EXPECT_EQ(crowded_.routes_of(2), 100U);
  EXPECT_EQ(crowded_.routes_of(3), 50U);
}

TEST_F(CrowdedRouter, ManyLinksAreNoLargerShare) {
  for (std::uint32_t number = 0; number < 100; ++number)
    add(1, number, at(0s));
  for (std::uint32_t number = 1000; number < 3000; ++number)
    add(10 + number % 10, number, at(1s));
  EXPECT_EQ(crowded_.routes(), 300U);
  EXPECT_EQ(crowded_.routes_of(1), 100U);
  EXPECT_EQ(known(0, 100, at(2s)), 100U);
  // Nor do those that have gone count.
  for (LinkId link = 10; link < 20; ++link)
    crowded_.on_link_closed(link);
  for (std::uint32_t number = 100; number < 200; ++number)
    EXPECT_EQ(add(1, number, at(3s)), RouteOutcome::kAdded);
  EXPECT_EQ(crowded_.routes_of(1), 200U);
}

TEST_F(CrowdedRouter, RoutesOfAClosedLinkMakeRoomAtOnce) {
  for (std::uint32_t number = 0; number < 200; ++number)
    add(1, number, at(0s));
  for (std::uint32_t number = 1000; number < 1100; ++number)
    add(2, number, at(0s));
  crowded_.on_link_closed(1);
  for (std::uint32_t number = 2000; number < 2200; ++number)
    EXPECT_EQ(add(3, number, at(1s)), RouteOutcome::kAdded);
  EXPECT_EQ(crowded_.counters().routes_displaced, 0U);
  EXPECT_EQ(crowded_.routes_of(2), 100U);
  EXPECT_EQ(crowded_.routes_of(3), 200U);
}

}  // namespace
}  // namespace tcpcopy::route
