// SPDX-License-Identifier: BSD-3-Clause
#include "common/wire/route_message.hh"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/packet_bytes.hh"

namespace tcpcopy::wire {
namespace {

using test::bytes;
using test::ByteVector;
using test::copy;

const FlowKey kFlow{{Address::v4(0x3e87c801), 0x2a88}, {Address::v4(0x0a4d001e), 8080}};
const ByteVector kVersionBytes = bytes({0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0});
const ByteVector kAddBytes =
    bytes({0x3e, 0x87, 0xc8, 0x01, 0x2a, 0x88, 0x00, 0x01, 0x0a, 0x4d, 0x00, 0x1e, 0x1f, 0x90});

std::vector<RouteMessage> decode_all(RouteMessageDecoder& decoder, Bytes input) {
  std::vector<RouteMessage> messages;
  while (const auto message = decoder.next(input))
    messages.push_back(*message);
  EXPECT_TRUE(input.empty());
  return messages;
}

TEST(RouteMessage, TheVersionIsAllZeroButOneField) {
  EXPECT_EQ(copy(encode(RouteMessage::version(kVersion))), kVersionBytes);
}

TEST(RouteMessage, AddsARouteInFourteenBytes) {
  EXPECT_EQ(copy(encode(RouteMessage::add_route(kFlow))), kAddBytes);
}

TEST(RouteMessage, OtherTypesKeepTheirNumber) {
  RouteMessage message = RouteMessage::add_route(kFlow);
  message.type = 0xfedc;
  const auto encoded = encode(message);
  EXPECT_EQ(encoded[6], std::byte{0xfe});
  EXPECT_EQ(encoded[7], std::byte{0xdc});
  RouteMessageDecoder decoder;
  EXPECT_EQ(decode_all(decoder, encoded), std::vector{message});
}

TEST(RouteMessage, KnowsWhatItIs) {
  EXPECT_TRUE(RouteMessage::version(6).is_version());
  EXPECT_FALSE(RouteMessage::version(6).adds_route());
  EXPECT_FALSE(RouteMessage::version(1).adds_route());  // a version, although 1 also means "add"
  EXPECT_TRUE(RouteMessage::add_route(kFlow).adds_route());
  EXPECT_FALSE(RouteMessage::add_route(kFlow).is_version());
  const RouteMessage deletes{2, kFlow};
  EXPECT_FALSE(deletes.adds_route());
  EXPECT_FALSE(deletes.is_version());
}

TEST(RouteMessage, AnyFieldOfTheFlowMakesItNoVersion) {
  const Endpoint some{Address::v4(1), 0};
  const Endpoint port{Address(), 1};
  for (const FlowKey& flow :
       {FlowKey{some, {}}, FlowKey{port, {}}, FlowKey{{}, some}, FlowKey{{}, port}}) {
    EXPECT_FALSE(RouteMessage::add_route(flow).is_version());
    EXPECT_TRUE(RouteMessage::add_route(flow).adds_route());
  }
}

TEST(RouteMessageDecoder, TakesAMessageByteByByte) {
  RouteMessageDecoder decoder;
  EXPECT_FALSE(decoder.mid_message());
  for (std::size_t i = 0; i < kRouteMessageSize; ++i) {
    Bytes one = Bytes(kAddBytes).subspan(i, 1);
    const auto message = decoder.next(one);
    EXPECT_TRUE(one.empty());
    const bool last = i + 1 == kRouteMessageSize;
    EXPECT_EQ(message.has_value(), last) << "byte " << i;
    EXPECT_EQ(decoder.mid_message(), !last) << "byte " << i;
    EXPECT_EQ(message.value_or(RouteMessage::add_route(kFlow)), RouteMessage::add_route(kFlow));
  }
}

TEST(RouteMessageDecoder, TakesTwoMessagesInEverySplit) {
  ByteVector stream = kVersionBytes;
  test::append(stream, kAddBytes);
  const std::vector expected{RouteMessage::version(6), RouteMessage::add_route(kFlow)};
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      RouteMessageDecoder decoder;
      std::vector<RouteMessage> messages;
      for (const Bytes piece :
           {Bytes(stream).first(first), Bytes(stream).subspan(first, second - first),
            Bytes(stream).subspan(second)}) {
        const auto more = decode_all(decoder, piece);
        messages.insert(messages.end(), more.begin(), more.end());
      }
      EXPECT_EQ(messages, expected) << "split at " << first << " and " << second;
      EXPECT_FALSE(decoder.mid_message());
    }
  }
}

TEST(RouteMessageDecoder, TakesOneMessageAtATime) {
  ByteVector stream = kAddBytes;
  test::append(stream, kVersionBytes);
  test::append(stream, bytes({0x3e, 0x87}));
  RouteMessageDecoder decoder;
  Bytes input(stream);
  EXPECT_EQ(decoder.next(input), RouteMessage::add_route(kFlow));
  EXPECT_EQ(input.size(), 16U);
  EXPECT_EQ(decoder.next(input), RouteMessage::version(6));
  EXPECT_EQ(input.size(), 2U);
  EXPECT_FALSE(decoder.mid_message());
  EXPECT_FALSE(decoder.next(input));
  EXPECT_TRUE(input.empty());
  EXPECT_TRUE(decoder.mid_message());
}

TEST(RouteMessageDecoder, NothingIsNoMessage) {
  RouteMessageDecoder decoder;
  Bytes nothing;
  EXPECT_FALSE(decoder.next(nothing));
  EXPECT_FALSE(decoder.mid_message());
}

}  // namespace
}  // namespace tcpcopy::wire
