// SPDX-License-Identifier: BSD-3-Clause
// What the parser takes, and what it makes of it. What it refuses: packet_parser_malformed_test.cc.
#include "common/net/packet_parser.hh"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/packet_bytes.hh"

namespace tcpcopy::net {
namespace {

using test::bytes;
using test::ByteVector;
using test::copy;
using test::packet_bytes;
using test::pattern;

const ByteVector kTimestampOption = bytes({1, 1, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9});

TEST(PacketParser, ReadsEveryField) {
  const auto packet = packet_bytes({.source = {Address::v4(0x0a000001), 8080},
                                    .destination = {Address::v4(0xc0a80002), 65535},
                                    .seq = 0xdeadbeef,
                                    .ack = 0xfeedface,
                                    .flags = TcpFlags::kPsh | TcpFlags::kAck | TcpFlags::kUrg,
                                    .window = 0x1234,
                                    .urgent = 0x5678,
                                    .payload = bytes("hello")});
  const auto parsed = parse_tcp_packet(packet, Extent::kWhole);
  ASSERT_EQ(parsed.error, ParseError::kNone);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed.value.source().to_string(), "10.0.0.1:8080");
  EXPECT_EQ(parsed.value.destination().to_string(), "192.168.0.2:65535");
  EXPECT_EQ(parsed.value.ip.total_length, 45);
  EXPECT_EQ(parsed.value.ip.header_length, 20);
  EXPECT_EQ(parsed.value.tcp.seq, 0xdeadbeef);
  EXPECT_EQ(parsed.value.tcp.ack, 0xfeedface);
  EXPECT_EQ(parsed.value.tcp.flags.bits, 0x38);
  EXPECT_EQ(parsed.value.tcp.window, 0x1234);
  EXPECT_EQ(parsed.value.tcp.urgent, 0x5678);
  EXPECT_EQ(parsed.value.tcp.header_length, 20);
  EXPECT_EQ(parsed.value.payload_length, 5U);
  EXPECT_EQ(copy(parsed.value.payload), bytes("hello"));
}

TEST(PacketParser, GivesTheHeadersAsTheyWereCaptured) {
  const auto packet = packet_bytes(
      {.ip_options = bytes({1, 1, 1, 0}), .tcp_options = kTimestampOption, .payload = bytes("x")});
  const auto parsed = parse_tcp_packet(packet, Extent::kWhole);
  ASSERT_EQ(parsed.error, ParseError::kNone);
  EXPECT_EQ(copy(parsed.value.ip_bytes), copy(Bytes(packet).first(24)));
  EXPECT_EQ(copy(parsed.value.tcp_bytes), copy(Bytes(packet).subspan(24, 32)));
  EXPECT_EQ(copy(parsed.value.payload), bytes("x"));
}

TEST(PacketParser, ReadsTcpOptionsBehindIpOptions) {
  const auto packet = packet_bytes(
      {.ip_options = pattern(40), .tcp_options = kTimestampOption, .payload = pattern(10)});
  const auto parsed = parse_tcp_packet(packet, Extent::kWhole);
  ASSERT_EQ(parsed.error, ParseError::kNone);
  EXPECT_EQ(parsed.value.ip.header_length, 60);
  EXPECT_EQ(parsed.value.tcp.header_length, 32);
  EXPECT_EQ(parsed.value.tcp.options.options.timestamps, (TcpOptions::Timestamps{7, 9}));
}

TEST(PacketParser, APacketMayHaveNoPayload) {
  const auto parsed = parse_tcp_packet(packet_bytes({}), Extent::kWhole);
  ASSERT_EQ(parsed.error, ParseError::kNone);
  EXPECT_EQ(parsed.value.payload_length, 0U);
  EXPECT_TRUE(parsed.value.payload.empty());
}

TEST(PacketParser, IgnoresPaddingOfTheLinkLayer) {
  auto packet = packet_bytes({.payload = bytes("ab")});
  packet.resize(60, std::byte{0xee});  // an Ethernet frame has at least 60 bytes
  for (const Extent extent : {Extent::kWhole, Extent::kHeaders}) {
    const auto parsed = parse_tcp_packet(packet, extent);
    ASSERT_EQ(parsed.error, ParseError::kNone);
    EXPECT_EQ(parsed.value.payload_length, 2U);
    EXPECT_EQ(copy(parsed.value.payload), bytes("ab"));
  }
}

TEST(PacketParser, PaddingIsNotTakenForTheRestOfATcpHeader) {
  auto packet = packet_bytes({});
  packet[32] = std::byte{0x80};  // 32 bytes of TCP header in a packet that has room for 20
  packet.resize(60, std::byte{1});
  EXPECT_EQ(parse_tcp_packet(packet, Extent::kWhole).error, ParseError::kBadDataOffset);
}

TEST(PacketParser, TakesAPacketThatGroMade) {
  const auto payload = pattern(60 * 1024);
  const auto packet = packet_bytes({.tcp_options = kTimestampOption, .payload = payload});
  const auto parsed = parse_tcp_packet(packet, Extent::kWhole);
  ASSERT_EQ(parsed.error, ParseError::kNone);
  EXPECT_EQ(parsed.value.payload_length, 61440U);
  EXPECT_EQ(copy(parsed.value.payload), payload);
}

TEST(PacketParser, TakesTheLargestPacketThereIs) {
  const auto packet = packet_bytes({.payload = pattern(65535 - 40)});
  const auto parsed = parse_tcp_packet(packet, Extent::kWhole);
  ASSERT_EQ(parsed.error, ParseError::kNone);
  EXPECT_EQ(parsed.value.ip.total_length, 65535);
  EXPECT_EQ(parsed.value.payload_length, 65495U);
}

TEST(PacketParser, HeadersAreEnoughWhenThePayloadIsNotWanted) {
  auto packet = packet_bytes({.tcp_options = kTimestampOption, .payload = pattern(1000)});
  packet.resize(20 + 32 + 10);
  const auto parsed = parse_tcp_packet(packet, Extent::kHeaders);
  ASSERT_EQ(parsed.error, ParseError::kNone);
  EXPECT_EQ(parsed.value.payload_length, 1000U);
  EXPECT_EQ(copy(parsed.value.payload), copy(Bytes(pattern(1000)).first(10)));
  EXPECT_EQ(parsed.value.tcp.options.options.timestamps, (TcpOptions::Timestamps{7, 9}));
}

TEST(PacketParser, ExactlyTheHeadersAreEnough) {
  auto packet = packet_bytes({.payload = pattern(1000)});
  packet.resize(40);
  const auto parsed = parse_tcp_packet(packet, Extent::kHeaders);
  ASSERT_EQ(parsed.error, ParseError::kNone);
  EXPECT_EQ(parsed.value.payload_length, 1000U);
  EXPECT_TRUE(parsed.value.payload.empty());
}

TEST(PacketParser, DontFragmentAndTheReservedBitAreNoFragment) {
  auto packet = packet_bytes({});
  packet[6] = std::byte{0xc0};
  EXPECT_EQ(parse_tcp_packet(packet, Extent::kWhole).error, ParseError::kNone);
}

TEST(PacketParser, ChecksumsAreNotJudged) {
  // Captured packets often leave them to the network card.
  auto packet = packet_bytes({});
  packet[10] = packet[36] = std::byte{0xab};
  EXPECT_EQ(parse_tcp_packet(packet, Extent::kWhole).error, ParseError::kNone);
}

TEST(PacketParser, ASegmentIsBoundToItsSpaces) {
  auto sack = bytes({1, 1, 5, 10});
  test::append32(sack, 100);
  test::append32(sack, 200);
  const auto packet =
      packet_bytes({.seq = 1, .ack = 2, .tcp_options = sack, .payload = bytes("abc")});
  const auto parsed = parse_tcp_packet(packet, Extent::kWhole);
  ASSERT_EQ(parsed.error, ParseError::kNone);
  const auto segment = to_segment<Response>(parsed.value.ip, parsed.value.tcp,
                                            parsed.value.payload_length, parsed.value.payload);
  EXPECT_EQ(segment.source, parsed.value.source());
  EXPECT_EQ(segment.destination, parsed.value.destination());
  EXPECT_EQ(segment.seq, Seq<space::Target>(1));
  EXPECT_EQ(segment.ack, Seq<space::Replay>(2));
  EXPECT_TRUE(segment.flags.ack());
  EXPECT_EQ(segment.window, 512);
  ASSERT_EQ(segment.sack_count, 1);
  EXPECT_EQ(segment.sacks[0].begin, Seq<space::Replay>(100));
  EXPECT_EQ(segment.sacks[0].end, Seq<space::Replay>(200));
  EXPECT_EQ(segment.payload_length, 3U);
  EXPECT_EQ(segment.sequence_length(), 3U);
}

TEST(PacketParser, SynAndFinTakeSequenceSpace) {
  const auto packet =
      packet_bytes({.flags = TcpFlags::kSyn | TcpFlags::kFin, .payload = bytes("abc")});
  const auto parsed = parse_tcp_packet(packet, Extent::kWhole);
  ASSERT_EQ(parsed.error, ParseError::kNone);
  EXPECT_EQ(to_segment<Response>(parsed.value.ip, parsed.value.tcp, 3, {}).sequence_length(), 5U);
}

TEST(PacketParser, EveryErrorHasItsOwnName) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kParseErrors; ++i)
    names.insert(to_string(static_cast<ParseError>(i)));
  EXPECT_EQ(names.size(), kParseErrors);
  EXPECT_FALSE(names.contains("unknown"));
  EXPECT_EQ(to_string(ParseError::kBadHeaderLength), "bad-header-length");
}

}  // namespace
}  // namespace tcpcopy::net
