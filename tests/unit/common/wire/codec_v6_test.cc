// SPDX-License-Identifier: BSD-3-Clause
// Messages to bytes and back. That the bytes are those of 1.x: golden_test.cc.
#include "common/wire/codec_v6.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/packet_bytes.hh"

namespace tcpcopy::wire {
namespace {

using test::ByteVector;
using testing::HasSubstr;
using testing::Optional;
using testing::VariantWith;

const FlowKey kFlow{{Address::v4(0x3e87c801), 40000}, {Address::v4(0x0a00001e), 8080}};

ByteVector from_tcpcopy() {
  ByteVector bytes;
  TcpcopyCodecV6::encode(Hello{6}, bytes);
  TcpcopyCodecV6::encode(AddRoute{kFlow}, bytes);
  return bytes;
}

TEST(CodecV6, InterceptHearsWhatTcpcopySays) {
  const ByteVector bytes = from_tcpcopy();
  Bytes rest(bytes);
  InterceptCodecV6 codec({}, 0);
  EXPECT_THAT(codec.decode(rest), Optional(VariantWith<Hello>(Hello{6})));
  EXPECT_THAT(codec.decode(rest), Optional(VariantWith<AddRoute>(AddRoute{kFlow})));
  EXPECT_FALSE(codec.decode(rest));
  EXPECT_FALSE(codec.fault());
  EXPECT_FALSE(codec.mid_message());
}

TEST(CodecV6, KnowsWhetherAMessageHasBegun) {
  const ByteVector bytes = from_tcpcopy();
  Bytes rest = Bytes(bytes).first(1);
  InterceptCodecV6 codec({}, 0);
  EXPECT_FALSE(codec.decode(rest));
  EXPECT_TRUE(codec.mid_message());
}

TEST(CodecV6, AnOfferIsADeletionThatDeletesNothing) {
  ByteVector bytes;
  TcpcopyCodecV6::encode(Offer{7}, bytes);
  EXPECT_EQ(bytes, test::bytes({'T', 'C', 'P', '7', 0, 7, 0, 2, 0, 0, 0, 0, 0, 0}));
  Bytes rest(bytes);
  InterceptCodecV6 codec({}, 0);
  EXPECT_THAT(codec.decode(rest), Optional(VariantWith<Offer>(Offer{7})));
}

TEST(CodecV6, Version7BeginsWhereNoFrameCan) {
  const ByteVector bytes = test::bytes({0xff, 0xff, 1});
  for (const FrameMode mode : {FrameMode{true, false}, FrameMode{false, false}}) {
    for (std::size_t cut = 0; cut <= 2; ++cut) {
      TcpcopyCodecV6 codec(mode);
      Bytes first = Bytes(bytes).first(cut);
      EXPECT_FALSE(codec.decode(first));
      Bytes rest = Bytes(bytes).subspan(cut);
      EXPECT_FALSE(codec.decode(rest));
      EXPECT_TRUE(codec.version_7_begins());
      EXPECT_EQ(rest.size(), 1U);
    }
  }
}

TEST(CodecV6, AnUnknownTypeIsAFault) {
  ByteVector bytes;
  TcpcopyCodecV6::encode(AddRoute{kFlow}, bytes);
  bytes[7] = std::byte{9};
  Bytes rest(bytes);
  InterceptCodecV6 codec({}, 0);
  EXPECT_FALSE(codec.decode(rest));
  EXPECT_THAT(codec.fault(), Optional(HasSubstr("message type 9 is unknown")));
  rest = bytes;
  EXPECT_FALSE(codec.decode(rest)) << "after a fault nothing is taken";
}

TEST(CodecV6, TcpcopyHearsTheHeadersThatInterceptSays) {
  const ByteVector packet = test::packet_bytes(
      {.seq = 77, .tcp_options = test::bytes({1, 1, 1, 0}), .payload = test::bytes("payload")});
  const auto parsed = net::parse_tcp_packet(packet, net::Extent::kWhole).value;
  for (const FrameMode mode : {FrameMode{true, false}, FrameMode{false, true}}) {
    InterceptCodecV6 intercept(mode, 0);
    intercept.encode(headers_of(parsed));
    intercept.encode(headers_of(parsed));
    EXPECT_EQ(intercept.records(), 2U);
    TcpcopyCodecV6 tcpcopy(mode);
    Bytes rest = intercept.encoded();
    for (int i = 0; i < 2; ++i) {
      const auto headers = tcpcopy.decode(rest);
      ASSERT_TRUE(headers);
      EXPECT_EQ(test::copy(headers->ip), test::copy(parsed.ip_bytes));
      EXPECT_EQ(test::copy(headers->tcp), test::copy(parsed.tcp_bytes));
      EXPECT_EQ(headers->payload_length, 7U);
      EXPECT_EQ(test::copy(headers->payload),
                mode.with_payload ? test::bytes("payload") : ByteVector());
      EXPECT_EQ(to_response(*headers).value.seq, Seq<space::Target>(77));
    }
    EXPECT_FALSE(tcpcopy.decode(rest));
    EXPECT_FALSE(tcpcopy.fault());
    intercept.clear();
    EXPECT_TRUE(intercept.encoded().empty());
  }
}

TEST(CodecV6, AFrameOfNoRecordsIsAFault) {
  const ByteVector bytes = test::bytes({0, 0});
  Bytes rest(bytes);
  TcpcopyCodecV6 codec({});
  EXPECT_FALSE(codec.decode(rest));
  EXPECT_THAT(codec.fault(), Optional(HasSubstr("a frame of 0 records cannot be")));
}

}  // namespace
}  // namespace tcpcopy::wire
