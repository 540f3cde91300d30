// SPDX-License-Identifier: BSD-3-Clause
#include "common/wire/codec_v7.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/net/bytes.hh"
#include "tests/support/packet_bytes.hh"

namespace tcpcopy::wire {

// For messages to be comparable; those that are compared here hold none.
static bool operator==(const CapturedHeaders& a, const CapturedHeaders& b) {
  return a.payload_length == b.payload_length;
}

namespace {

using namespace std::chrono_literals;
using test::bytes;
using test::ByteVector;
using test::copy;
using testing::HasSubstr;
using testing::Optional;
using testing::VariantWith;

const FlowKey kFlow{{Address::v4(0x3e87c801), 40000}, {Address::v4(0x0a00001e), 8080}};
const Hello kHello{7, true, 152, "eth0"};
const Alive kAlive{Instant(5s), Instant(3s), Instant(4s), {77, 1}};

ByteVector stream() {
  ByteVector all;
  encode_v7(kHello, all);
  encode_v7(AddRoute{kFlow}, all);
  encode_v7(kAlive, all);
  return all;
}

/// Whole messages as values: copies of what they point at are not needed here.
std::vector<Message> decode(const std::vector<Bytes>& pieces) {
  std::vector<Message> messages;
  DecoderV7 decoder;
  for (Bytes piece : pieces) {
    while (auto message = decoder.decode(piece)) {
      if (auto* hello = std::get_if<Hello>(&*message)) {
        EXPECT_EQ(hello->about, "eth0");
        hello->about = "eth0";  // its own bytes are gone by the end
      }
      messages.push_back(*message);
    }
  }
  EXPECT_FALSE(decoder.fault());
  EXPECT_FALSE(decoder.mid_message());
  return messages;
}

TEST(CodecV7, ARouteHasTheseBytes) {
  ByteVector expected = bytes({2, 0, 0, 36});
  for (const auto& [address, port] :
       {std::pair{bytes({62, 135, 200, 1}), 40000U}, std::pair{bytes({10, 0, 0, 30}), 8080U}}) {
    test::append(expected, bytes({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}));
    test::append(expected, address);
    test::append16(expected, port);
  }
  ByteVector encoded;
  encode_v7(AddRoute{kFlow}, encoded);
  EXPECT_EQ(encoded, expected);
}

TEST(CodecV7, ARouteMayBeOverIpv6) {
  const FlowKey flow{{Address::of_words({0x20010db8, 1, 2, 3}), 1},
                     {Address::of_words({0x20010db8, 0, 0, 9}), 80}};
  ByteVector encoded;
  encode_v7(AddRoute{flow}, encoded);
  EXPECT_EQ(decode({encoded}), std::vector<Message>{AddRoute{flow}});
}

TEST(CodecV7, MessagesMayBeCutAnywhere) {
  const ByteVector all = stream();
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    EXPECT_EQ(decode({Bytes(all).first(cut), Bytes(all).subspan(cut)}),
              (std::vector<Message>{kHello, AddRoute{kFlow}, kAlive}))
        << "cut at " << cut;
  }
  std::vector<Bytes> single;
  for (std::size_t i = 0; i < all.size(); ++i)
    single.push_back(Bytes(all).subspan(i, 1));
  EXPECT_EQ(decode(single), (std::vector<Message>{kHello, AddRoute{kFlow}, kAlive}));
}

TEST(CodecV7, WhatALaterVersionAddsIsSkipped) {
  ByteVector all = bytes({200, 0, 0, 3, 1, 2, 3});  // a type that is not known
  ByteVector longer = stream();
  for (const std::size_t at : {std::size_t{0}, std::size_t{4 + 8 + 4 + 2}}) {  // fields that follow
    net::store_be16(&longer[at + 2],
                    static_cast<std::uint16_t>(net::load_be16(&longer[at + 2]) + 2));
    const auto end =
        longer.begin() + static_cast<std::ptrdiff_t>(at + 2 + net::load_be16(&longer[at + 2]));
    longer.insert(end, {std::byte{1}, std::byte{2}});
  }
  test::append(all, longer);
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    EXPECT_EQ(decode({Bytes(all).first(cut), Bytes(all).subspan(cut)}),
              (std::vector<Message>{kHello, AddRoute{kFlow}, kAlive}));
  }
}

TEST(CodecV7, KnowsWhetherAMessageHasBegun) {
  const ByteVector all = stream();
  DecoderV7 decoder;
  Bytes piece = Bytes(all).first(3);
  EXPECT_FALSE(decoder.decode(piece));
  EXPECT_TRUE(decoder.mid_message());
}

TEST(CodecV7, HeadersKeepAllTheirOptionsAndTheTrueLength) {
  const ByteVector packet = test::packet_bytes({.seq = 5,
                                                .ip_options = bytes({7, 7, 4, 0}),
                                                .tcp_options = ByteVector(40, std::byte{1}),
                                                .payload = bytes("0123456789")});
  const auto parsed = net::parse_tcp_packet(packet, net::Extent::kWhole).value;
  for (const std::size_t wanted : {0U, 4U, 10U, 100U}) {
    ByteVector encoded;
    encode_v7(headers_of(parsed), wanted, encoded);
    DecoderV7 decoder;
    Bytes rest(encoded);
    const auto message = decoder.decode(rest);
    ASSERT_TRUE(message);
    const auto& headers = std::get<CapturedHeaders>(*message);
    EXPECT_EQ(copy(headers.ip), copy(parsed.ip_bytes));
    EXPECT_EQ(copy(headers.tcp), copy(parsed.tcp_bytes));
    EXPECT_EQ(copy(headers.payload), copy(parsed.payload.first(std::min<std::size_t>(wanted, 10))));
    EXPECT_EQ(headers.payload_length, 10U);
    EXPECT_EQ(to_response(headers).value.seq, Seq<space::Target>(5));
  }
}

TEST(CodecV7, HeadersKeepTheTimeOfTheirCaptureAndMayBeWithoutIt) {
  const ByteVector packet = test::packet_bytes({});
  auto parsed = net::parse_tcp_packet(packet, net::Extent::kWhole).value;
  parsed.captured_at = Instant(77s);
  ByteVector encoded;
  encode_v7(headers_of(parsed), 0, encoded);
  const auto time_of = [](Bytes bytes) {
    DecoderV7 decoder;
    return std::get<CapturedHeaders>(*decoder.decode(bytes)).captured_at;
  };
  EXPECT_EQ(time_of(encoded), Instant(77s));
  encoded.resize(encoded.size() - 8);  // as from an earlier version
  net::store_be16(&encoded[2], static_cast<std::uint16_t>(encoded.size() - 4));
  EXPECT_EQ(time_of(encoded), Instant());
}

TEST(CodecV7, QuestionsAndAnswersKeepWhatIsKnown) {
  for (const bool yes : {false, true}) {
    for (unsigned known = 0; known < 16; ++known) {
      Tell tell{kFlow, 3, {TcpFlags::kSyn | TcpFlags::kAck}, {}, {}, {}, {}};
      if ((known & 1U) != 0) tell.came = yes ? 70'000 : 0;
      if ((known & 2U) != 0) tell.takes = yes;
      if ((known & 4U) != 0) tell.forwards = yes;
      if ((known & 8U) != 0) tell.rp_filter = yes ? 2 : 0;
      ByteVector encoded;
      encode_v7(Ask{kFlow}, encoded);
      encode_v7(tell, encoded);
      EXPECT_EQ(decode({encoded}), (std::vector<Message>{Ask{kFlow}, tell}));
    }
  }
}

TEST(CodecV7, ASegmentThatAnOffloadLeftWithoutALengthHasOne) {
  ByteVector packet = test::packet_bytes({.payload = test::pattern(3000)});
  packet[2] = packet[3] = std::byte{0};
  const auto parsed = net::parse_tcp_packet(packet, net::Extent::kWhole);
  ASSERT_TRUE(parsed);
  ByteVector encoded;
  encode_v7(headers_of(parsed.value), 0, encoded);
  DecoderV7 decoder;
  Bytes rest(encoded);
  const auto response = to_response(std::get<CapturedHeaders>(*decoder.decode(rest)));
  ASSERT_EQ(response.error, net::ParseError::kNone);
  EXPECT_EQ(response.value.payload_length, 3000U);
}

class FaultsOfV7 : public testing::TestWithParam<ByteVector> {};

TEST_P(FaultsOfV7, EndTheLink) {
  DecoderV7 decoder;
  Bytes rest(GetParam());
  EXPECT_FALSE(decoder.decode(rest));
  EXPECT_THAT(decoder.fault(), Optional(HasSubstr("cannot be")));
  const ByteVector good = stream();
  rest = good;
  EXPECT_FALSE(decoder.decode(rest)) << "after a fault nothing is taken";
}

INSTANTIATE_TEST_SUITE_P(
    CodecV7, FaultsOfV7,
    testing::Values(bytes({1, 0, 0, 7, 0, 7, 0, 0, 0, 0, 0}),        // a Hello that is too short
                    bytes({1, 0, 0, 8, 0, 7, 0, 0, 0, 0, 0, 1}),     // its words are missing
                    bytes({2, 0, 0, 1, 0}),                          // a route
                    bytes({4, 0, 0, 0}),                             // a sign of life
                    bytes({3, 0, 0, 8, 0, 0, 0, 0, 0, 0, 20, 20}),   // no headers
                    bytes({3, 0, 0, 9, 0, 0, 0, 0, 0, 1, 0, 0, 7}),  // more payload than there is
                    bytes({3, 0, 0, 0})));

}  // namespace
}  // namespace tcpcopy::wire
