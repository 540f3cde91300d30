// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/packet_writer.hh"

#include <gtest/gtest.h>

#include <array>

#include "common/net/bytes.hh"
#include "common/net/checksum.hh"
#include "tests/support/packet_bytes.hh"

namespace tcpcopy::net {
namespace {

using test::bytes;
using test::ByteVector;
using test::copy;
using test::pattern;

ReplaySegment segment_of(std::uint32_t payload_length = 0) {
  ReplaySegment segment;
  segment.source = {Address::v4(0x3e87c801), 40001};
  segment.destination = {Address::v4(0x0a00001e), 8080};
  segment.seq = Seq<space::Replay>(0xfffffffe);
  segment.ack = Seq<space::Target>(0x80000001);
  segment.flags = {TcpFlags::kPsh | TcpFlags::kAck};
  segment.window = 64240;
  segment.payload_length = payload_length;
  return segment;
}

ByteVector written(const ReplaySegment& segment, std::span<const Bytes> payload = {},
                   std::uint16_t identification = 0) {
  ByteVector packet(kMaxHeaders + segment.payload_length, std::byte{0xee});
  packet.resize(write_packet(segment, payload, identification, packet));
  return packet;
}

ByteVector written(const ReplaySegment& segment, const ByteVector& payload) {
  const Bytes piece(payload);
  return written(segment, std::span(&piece, 1));
}

void expect_checksums_verify(const ByteVector& packet) {
  Checksum ip;
  ip.add(Bytes(packet).first(20));
  EXPECT_EQ(ip.value(), 0);
  const Bytes tcp_bytes = Bytes(packet).subspan(20);
  Checksum tcp =
      pseudo_header_v4(Bytes(packet).first(20), 6, static_cast<std::uint16_t>(tcp_bytes.size()));
  tcp.add(tcp_bytes);
  EXPECT_EQ(tcp.value(), 0);
}

TEST(PacketWriter, WritesTheBytesOfASegment) {
  const auto packet = written(segment_of(), std::span<const Bytes>(), 0x1234);
  auto expected =
      bytes({0x45, 0,    0,  40, 0x12, 0x34, 0x40, 0,    64,   6,    0,    0,    62,   0x87,
             0xc8, 0x01, 10, 0,  0,    0x1e, 0x9c, 0x41, 0x1f, 0x90, 0xff, 0xff, 0xff, 0xfe,
             0x80, 0,    0,  1,  0x50, 0x18, 0xfa, 0xf0, 0,    0,    0,    0});
  ASSERT_EQ(packet.size(), expected.size());
  for (const std::size_t checksum_at : {10U, 36U})
    store_be16(&expected[checksum_at], load_be16(&packet[checksum_at]));
  EXPECT_EQ(packet, expected);
  expect_checksums_verify(packet);
}

TEST(PacketWriter, WritesTheUrgentPointer) {
  ReplaySegment segment = segment_of();
  segment.flags.bits |= TcpFlags::kUrg;
  segment.urgent = 0xabcd;
  const auto packet = written(segment);
  EXPECT_EQ(packet[33], std::byte{0x38});
  EXPECT_EQ(load_be16(&packet[38]), 0xabcd);
  expect_checksums_verify(packet);
}

TEST(PacketWriter, WhatItWritesParsesToTheSameValues) {
  ReplaySegment segment = segment_of(100);
  segment.flags.bits |= TcpFlags::kUrg;
  segment.urgent = 77;
  segment.options.timestamps = {7, 0xffffffff};
  segment.sacks[0] = {Seq<space::Target>(0xfffffff0), Seq<space::Target>(5)};
  segment.sacks[1] = {Seq<space::Target>(50), Seq<space::Target>(60)};
  segment.sack_count = 2;
  const auto packet = written(segment, pattern(100));

  const auto parsed = parse_tcp_packet(packet, Extent::kWhole);
  ASSERT_EQ(parsed.error, ParseError::kNone);
  EXPECT_EQ(parsed.value.ip.total_length, packet.size());
  const auto read = to_segment<ReplaySegment>(parsed.value.ip, parsed.value.tcp,
                                              parsed.value.payload_length, parsed.value.payload);
  EXPECT_EQ(read.source, segment.source);
  EXPECT_EQ(read.destination, segment.destination);
  EXPECT_EQ(read.seq, segment.seq);
  EXPECT_EQ(read.ack, segment.ack);
  EXPECT_EQ(read.flags.bits, segment.flags.bits);
  EXPECT_EQ(read.window, segment.window);
  EXPECT_EQ(read.urgent, segment.urgent);
  EXPECT_EQ(read.options, segment.options);
  ASSERT_EQ(read.sack_count, 2);
  EXPECT_EQ(read.sacks[0], segment.sacks[0]);
  EXPECT_EQ(read.sacks[1], segment.sacks[1]);
  EXPECT_EQ(read.payload_length, 100U);
  EXPECT_EQ(copy(read.payload), pattern(100));
}

TEST(PacketWriter, AFullSynParses) {
  ReplaySegment segment = segment_of();
  segment.flags = {TcpFlags::kSyn};
  segment.options = {.mss = 1460,
                     .window_scale = std::uint8_t{7},
                     .timestamps = TcpOptions::Timestamps{1, 0},
                     .sack_permitted = true};
  const auto packet = written(segment);
  EXPECT_EQ(packet.size(), 60U);
  const auto parsed = parse_tcp_packet(packet, Extent::kWhole);
  ASSERT_EQ(parsed.error, ParseError::kNone);
  EXPECT_EQ(parsed.value.tcp.options.options, segment.options);
  EXPECT_EQ(parsed.value.payload_length, 0U);
  expect_checksums_verify(packet);
}

TEST(PacketWriter, BothChecksumsVerifyForEveryPayloadLength) {
  for (std::uint32_t length = 0; length < 70; ++length) {
    SCOPED_TRACE(length);
    expect_checksums_verify(written(segment_of(length), pattern(length)));
  }
}

TEST(PacketWriter, BothChecksumsVerifyForTheLargestPacket) {
  constexpr std::uint32_t kLargest = 65535 - 40;
  const auto packet = written(segment_of(kLargest), pattern(kLargest));
  EXPECT_EQ(packet.size(), 65535U);
  expect_checksums_verify(packet);
}

TEST(PacketWriter, JoinsThePiecesOfThePayload) {
  const ByteVector whole = pattern(30);
  const std::array<Bytes, 4> pieces{Bytes(whole).first(1), Bytes(), Bytes(whole).subspan(1, 12),
                                    Bytes(whole).subspan(13)};
  EXPECT_EQ(written(segment_of(30), pieces), written(segment_of(30), whole));
}

TEST(PacketWriter, TheIdentificationIsTheCallers) {
  for (const std::uint16_t identification : std::to_array<std::uint16_t>({0, 1, 0x8000, 0xffff})) {
    const auto packet = written(segment_of(), std::span<const Bytes>(), identification);
    EXPECT_EQ(load_be16(&packet[4]), identification);
    expect_checksums_verify(packet);
  }
}

TEST(PacketWriter, ForbidsFragmentation) {
  const auto packet = written(segment_of());
  EXPECT_EQ(load_be16(&packet[6]), 0x4000);
}

TEST(PacketWriter, OverwritesWhatWasInItsRoom) {
  ByteVector zeros(kMaxHeaders);
  ByteVector ones(kMaxHeaders, std::byte{0xff});
  const std::size_t size = write_packet(segment_of(), {}, 0, zeros);
  ASSERT_EQ(write_packet(segment_of(), {}, 0, ones), size);
  EXPECT_EQ(copy(Bytes(zeros).first(size)), copy(Bytes(ones).first(size)));
}

TEST(PacketWriter, NeedsNoMoreRoomThanItSays) {
  ReplaySegment segment = segment_of(10);
  segment.options = {.mss = 1460,
                     .window_scale = std::uint8_t{7},
                     .timestamps = TcpOptions::Timestamps{1, 2},
                     .sack_permitted = true};
  segment.sack_count = kMaxSackBlocks;
  const auto packet = written(segment, pattern(10));
  EXPECT_LE(packet.size(), kMaxHeaders + 10);
  EXPECT_EQ(parse_tcp_packet(packet, Extent::kWhole).error, ParseError::kNone);
}

}  // namespace
}  // namespace tcpcopy::net
