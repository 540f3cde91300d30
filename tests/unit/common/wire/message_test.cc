// SPDX-License-Identifier: BSD-3-Clause
#include "common/wire/message.hh"

#include <gtest/gtest.h>

#include "tests/support/packet_bytes.hh"

namespace tcpcopy::wire {
namespace {

using net::ParseError;
using test::bytes;
using test::copy;

class CapturedHeadersTest : public testing::Test {
 protected:
  const test::ByteVector packet_ = test::packet_bytes({.seq = 5,
                                                       .ip_options = bytes({7, 7, 4, 0}),
                                                       .tcp_options = bytes({2, 4, 5, 180}),
                                                       .payload = bytes("abc")});
  CapturedHeaders headers_ = headers_of(net::parse_tcp_packet(packet_, net::Extent::kWhole).value);
};

TEST_F(CapturedHeadersTest, AreThePacketsOwnBytes) {
  test::ByteVector together = copy(headers_.ip);
  test::append(together, headers_.tcp);
  test::append(together, headers_.payload);
  EXPECT_EQ(together, packet_);
  EXPECT_EQ(headers_.payload_length, 3U);
}

TEST_F(CapturedHeadersTest, AreAResponse) {
  const auto response = to_response(headers_);
  ASSERT_TRUE(response);
  EXPECT_EQ(response.value.seq, Seq<space::Target>(5));
  EXPECT_EQ(response.value.options.mss, 1460);
  EXPECT_EQ(response.value.payload_length, 3U);
  EXPECT_EQ(copy(response.value.payload), bytes("abc"));
}

TEST_F(CapturedHeadersTest, OptionsMayBeCutOff) {
  headers_.ip = headers_.ip.first(20);
  headers_.tcp = headers_.tcp.first(20);
  const auto response = to_response(headers_);
  ASSERT_TRUE(response);
  EXPECT_FALSE(response.value.options.mss);
}

TEST_F(CapturedHeadersTest, WhatIsNoPacketOfTcpIsNoResponse) {
  headers_.tcp = headers_.tcp.first(19);
  EXPECT_EQ(to_response(headers_).error, ParseError::kTruncated);
  headers_.ip = Bytes(packet_).subspan(1);
  EXPECT_EQ(to_response(headers_).error, ParseError::kNotIpv4);
}

TEST_F(CapturedHeadersTest, ATotalLengthBelowItsHeadersIsNone) {
  test::ByteVector short_ip = copy(headers_.ip);
  short_ip[3] = std::byte{47};  // 24 and 24 bytes of headers
  headers_.ip = short_ip;
  EXPECT_EQ(to_response(headers_).error, ParseError::kBadTotalLength);
}

}  // namespace
}  // namespace tcpcopy::wire
