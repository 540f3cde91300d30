// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/route/early_responses.hh"

#include <gtest/gtest.h>

#include <vector>

#include "common/net/bytes.hh"
#include "tests/support/packet_bytes.hh"

namespace tcpcopy::route {
namespace {

using namespace std::chrono_literals;
using test::ByteVector;

constexpr std::size_t kPayloadKept = 4;

Instant at(Duration time) { return Instant(time); }

net::Ipv4Flow key(std::uint16_t port) {
  return {{Address::v4(0x3e87c801), port}, {Address::v4(0x0a00001e), 8080}};
}

/// Holds responses that are told apart by their sequence number.
class EarlyResponsesTest : public testing::Test {
 protected:
  std::size_t hold(const net::Ipv4Flow& connection, std::uint32_t seq, Instant now) {
    net::store_be32(&packet_[24], seq);
    const auto parsed = net::parse_tcp_packet(packet_, net::Extent::kWhole);
    return early_.hold(connection, wire::headers_of(parsed.value), now);
  }

  std::vector<std::uint32_t> release(const net::Ipv4Flow& connection) {
    std::vector<std::uint32_t> numbers;
    early_.release(connection, [&](const wire::CapturedHeaders& response) {
      numbers.push_back(wire::to_response(response).value.seq.raw);
    });
    return numbers;
  }

  ByteVector packet_ = test::packet_bytes({});
  EarlyResponses early_{kPayloadKept};
};

using Numbers = std::vector<std::uint32_t>;

TEST_F(EarlyResponsesTest, GivesBackWhatItHeld) {
  EXPECT_EQ(hold(key(1), 17, at(0s)), 0U);
  EXPECT_EQ(early_.size(), 1U);
  early_.release(key(1), [&](const wire::CapturedHeaders& response) {
    ByteVector given = test::copy(response.ip);
    test::append(given, response.tcp);
    EXPECT_EQ(given, packet_);
    EXPECT_TRUE(response.payload.empty());
    EXPECT_EQ(response.payload_length, 0U);
  });
  EXPECT_EQ(early_.size(), 0U);
}

TEST_F(EarlyResponsesTest, KeepsAllOptionsAndTheBeginningOfThePayload) {
  const ByteVector options(40, std::byte{1});
  packet_ = test::packet_bytes({.ip_options = test::bytes({7, 7, 4, 0}),
                                .tcp_options = options,
                                .payload = test::bytes("0123456789")});
  auto parsed = net::parse_tcp_packet(packet_, net::Extent::kWhole);
  parsed.value.captured_at = at(5s);
  early_.hold(key(1), wire::headers_of(parsed.value), at(6s));
  early_.release(key(1), [&](const wire::CapturedHeaders& response) {
    EXPECT_EQ(response.ip.size(), 24U);
    EXPECT_EQ(response.tcp.size(), 60U);
    EXPECT_EQ(test::copy(response.payload), test::bytes("0123"));
    EXPECT_EQ(response.payload_length, 10U);
    EXPECT_EQ(response.captured_at, at(5s));
  });
}

TEST_F(EarlyResponsesTest, KeepsTheOrderOfEachConnection) {
  for (const std::uint32_t seq : {5U, 3U, 9U}) {
    hold(key(1), seq, at(0s));
    hold(key(2), seq + 100, at(0s));
  }
  EXPECT_EQ(release(key(2)), (Numbers{105, 103, 109}));
  EXPECT_EQ(release(key(1)), (Numbers{5, 3, 9}));
}

TEST_F(EarlyResponsesTest, GivesEachOnlyOnce) {
  hold(key(1), 1, at(0s));
  EXPECT_EQ(release(key(1)), Numbers{1});
  EXPECT_EQ(release(key(1)), Numbers{});
  EXPECT_EQ(release(key(2)), Numbers{});
  hold(key(1), 2, at(1s));
  EXPECT_EQ(release(key(1)), Numbers{2});
}

TEST_F(EarlyResponsesTest, DropsWhatHasWaitedTooLong) {
  hold(key(1), 1, at(0s));
  hold(key(2), 2, at(1s));
  hold(key(1), 3, at(2s));
  EXPECT_EQ(early_.expire(at(EarlyResponses::kMaxWait - 1ns)), 0U);
  EXPECT_EQ(early_.expire(at(EarlyResponses::kMaxWait)), 1U);
  EXPECT_EQ(early_.size(), 2U);
  EXPECT_EQ(early_.expire(at(EarlyResponses::kMaxWait + 1s)), 1U);
  EXPECT_EQ(release(key(1)), Numbers{3});
  EXPECT_EQ(release(key(2)), Numbers{});
}

TEST_F(EarlyResponsesTest, ReleasedOnesDoNotExpireAgain) {
  hold(key(1), 1, at(0s));
  hold(key(2), 2, at(0s));
  release(key(1));
  EXPECT_EQ(early_.expire(at(1h)), 1U);
  EXPECT_EQ(early_.size(), 0U);
  EXPECT_EQ(early_.expire(at(2h)), 0U);
}

TEST_F(EarlyResponsesTest, HoldsOnAfterSomeExpired) {
  hold(key(1), 1, at(0s));
  early_.expire(at(1h));
  hold(key(1), 2, at(1h));
  hold(key(1), 3, at(1h));
  EXPECT_EQ(release(key(1)), (Numbers{2, 3}));
}

TEST_F(EarlyResponsesTest, TheOldestMakeRoom) {
  const auto connection = [](std::size_t n) { return key(static_cast<std::uint16_t>(n % 1000)); };
  for (std::size_t n = 0; n < EarlyResponses::kMaxResponses; ++n) {
    ASSERT_EQ(hold(connection(n), static_cast<std::uint32_t>(n), at(0s)), 0U);
  }
  EXPECT_EQ(early_.size(), EarlyResponses::kMaxResponses);

  EXPECT_EQ(hold(key(5000), 1, at(1s)), 1U);
  EXPECT_EQ(hold(key(5000), 2, at(1s)), 1U);
  EXPECT_EQ(early_.size(), EarlyResponses::kMaxResponses);
  EXPECT_EQ(release(connection(0)).front(), 1000U);  // its number 0 is gone
  EXPECT_EQ(release(connection(1)).front(), 1001U);
  EXPECT_EQ(release(connection(2)).front(), 2U);
  EXPECT_EQ(release(key(5000)), (Numbers{1, 2}));
}

TEST_F(EarlyResponsesTest, RoomOfReleasedOnesIsNoLoss) {
  for (std::size_t n = 0; n < EarlyResponses::kMaxResponses; ++n)
    hold(key(static_cast<std::uint16_t>(n % 128)), static_cast<std::uint32_t>(n), at(0s));
  EXPECT_EQ(release(key(0)).size(), EarlyResponses::kMaxResponses / 128);
  EXPECT_EQ(hold(key(5000), 1, at(1s)), 0U);  // takes the place of one that was released
  EXPECT_EQ(hold(key(5000), 2, at(1s)), 1U);
}

TEST_F(EarlyResponsesTest, OneConnectionKeepsItsFirst) {
  for (std::uint32_t n = 0; n < EarlyResponses::kMaxPerConnection; ++n)
    ASSERT_EQ(hold(key(1), n, at(0s)), 0U);
  EXPECT_EQ(hold(key(1), 1'000'000, at(0s)), 1U);
  EXPECT_EQ(hold(key(2), 5, at(0s)), 0U);
  EXPECT_EQ(early_.size(), EarlyResponses::kMaxPerConnection + 1);
  const Numbers numbers = release(key(1));
  EXPECT_EQ(numbers.front(), 0U);
  EXPECT_EQ(numbers.back(), EarlyResponses::kMaxPerConnection - 1);
}

}  // namespace
}  // namespace tcpcopy::route
