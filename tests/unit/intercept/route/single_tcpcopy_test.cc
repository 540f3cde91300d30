// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/route/single_tcpcopy.hh"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "tests/support/packet_bytes.hh"

namespace tcpcopy::route {
namespace {

using namespace std::chrono_literals;
using Admission = SingleTcpcopy::Admission;
using Links = std::vector<LinkId>;

constexpr Duration kLater = SingleTcpcopy::kGathering + 1ms;
Instant at(Duration time) { return Instant(1000s + time); }

class SingleTcpcopyTest : public testing::TestWithParam<bool>, public MessageSink {
 protected:
  void deliver(LinkId link, const wire::CapturedHeaders& response) override {
    delivered_[wire::to_response(response).value.destination.port].insert(link);
  }

  Admission open(LinkId link, Instant now) {
    replaced_.clear();
    return single_.on_link(link, now, replaced_);
  }
  void respond_to_all() {
    for (std::uint16_t port = 1; port <= 200; ++port) {
      const auto packet = test::packet_bytes({.destination = {Address::v4(0x3e87c801), port}});
      single_.on_response(net::parse_tcp_packet(packet, net::Extent::kWhole).value, *this);
    }
  }
  std::set<LinkId> links_used() const {
    std::set<LinkId> links;
    for (const auto& [port, of_port] : delivered_)
      links.insert(of_port.begin(), of_port.end());
    return links;
  }

  SingleTcpcopy single_{GetParam()};
  Links replaced_;
  std::map<std::uint16_t, std::set<LinkId>> delivered_;
};

TEST_P(SingleTcpcopyTest, ResponsesAreSpreadAndThoseOfAConnectionAreNot) {
  EXPECT_EQ(open(1, at(0s)), Admission::kJoined);
  EXPECT_EQ(open(2, at(SingleTcpcopy::kGathering)), Admission::kJoined);
  EXPECT_TRUE(replaced_.empty());
  respond_to_all();
  respond_to_all();
  EXPECT_EQ(links_used(), (std::set<LinkId>{1, 2}));
  for (const auto& [port, links] : delivered_)
    EXPECT_EQ(links.size(), 1U) << port;
  EXPECT_EQ(single_.counters().responses, 400U);
  EXPECT_EQ(single_.counters().forwarded, 400U);
}

TEST_P(SingleTcpcopyTest, WithoutALinkResponsesAreDropped) {
  respond_to_all();
  EXPECT_TRUE(delivered_.empty());
  EXPECT_EQ(single_.counters().dropped_no_link, 200U);
}

TEST_P(SingleTcpcopyTest, ALinkThatIsClosedGetsNothing) {
  open(1, at(0s));
  open(2, at(0s));
  single_.on_link_closed(1);
  respond_to_all();
  EXPECT_EQ(links_used(), std::set<LinkId>{2});
}

TEST_P(SingleTcpcopyTest, ASeventeenthLinkIsRefused) {
  for (LinkId link = 1; link <= 16; ++link)
    EXPECT_EQ(open(link, at(1s)), Admission::kJoined);
  EXPECT_EQ(open(17, at(1s)), Admission::kTooMany);
}

TEST_P(SingleTcpcopyTest, ALaterOneReplacesItOrIsRefused) {
  open(1, at(0s));
  open(2, at(1s));
  const bool protect = GetParam();
  EXPECT_EQ(open(3, at(kLater)), protect ? Admission::kProtected : Admission::kJoined);
  EXPECT_EQ(replaced_, protect ? Links{} : (Links{1, 2}));
  respond_to_all();
  EXPECT_EQ(links_used(), protect ? (std::set<LinkId>{1, 2}) : std::set<LinkId>{3});
}

TEST_P(SingleTcpcopyTest, OnceItIsGoneAnotherOneMayCome) {
  open(1, at(0s));
  single_.on_link_closed(1);
  EXPECT_EQ(open(2, at(kLater)), Admission::kJoined);
  EXPECT_TRUE(replaced_.empty());
  EXPECT_EQ(open(3, at(kLater + 2s)), Admission::kJoined);  // its 3 s began anew
  EXPECT_TRUE(replaced_.empty());
}

INSTANTIATE_TEST_SUITE_P(Protected, SingleTcpcopyTest, testing::Bool());

}  // namespace
}  // namespace tcpcopy::route
