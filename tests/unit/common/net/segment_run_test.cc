// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/segment_run.hh"

#include <gtest/gtest.h>

#include "common/net/bytes.hh"
#include "common/net/checksum.hh"
#include "common/net/packet_writer.hh"
#include "tests/support/packet_bytes.hh"

namespace tcpcopy::net {
namespace {

constexpr std::uint32_t kSize = 100;

ReplaySegment data(std::uint32_t position, std::uint32_t length = kSize,
                   std::uint8_t flags = TcpFlags::kAck) {
  ReplaySegment segment;
  segment.source = {Address::v4(0x3e87c801), 40000};
  segment.destination = {Address::v4(0x0a00001e), 8080};
  segment.seq = Seq<space::Replay>(0xffffff80) + position;  // wraps within the run
  segment.ack = Seq<space::Target>(777);
  segment.flags = {flags};
  segment.window = 500;
  segment.options.timestamps = TcpOptions::Timestamps{1, 2};
  segment.payload_length = length;
  return segment;
}

TEST(SegmentRun, TakesWhatFollows) {
  SegmentRun run(data(0));
  ASSERT_TRUE(run.takes(data(100)));
  run.add(data(100));
  ASSERT_TRUE(run.takes(data(200, 40, TcpFlags::kAck | TcpFlags::kPsh)));
  run.add(data(200, 40, TcpFlags::kAck | TcpFlags::kPsh));
  EXPECT_EQ(run.count(), 3U);
  EXPECT_EQ(run.segment_size(), kSize);
  EXPECT_FALSE(run.takes(data(240))) << "a short segment, or PSH, ends the run";
}

TEST(SegmentRun, AShortSegmentEndsIt) {
  SegmentRun run(data(0));
  run.add(data(100, 99));
  EXPECT_FALSE(run.takes(data(199, 10)));
}

TEST(SegmentRun, WhatDiffersBeginsAnother) {
  const SegmentRun run(data(0));
  EXPECT_FALSE(run.takes(data(101))) << "a gap";
  EXPECT_FALSE(run.takes(data(0))) << "sent again";
  EXPECT_FALSE(run.takes(data(100, 101))) << "larger";
  EXPECT_FALSE(run.takes(data(100, 0))) << "an ack";
  EXPECT_FALSE(run.takes(data(100, kSize, TcpFlags::kAck | TcpFlags::kFin)));
  EXPECT_FALSE(run.takes(data(100, kSize, TcpFlags::kAck | TcpFlags::kUrg)));
  EXPECT_FALSE(SegmentRun(data(0, kSize, TcpFlags::kAck | TcpFlags::kUrg)).takes(data(100)))
      << "the device would give the pointer to each";
  const auto differs = [&](auto change) {
    ReplaySegment segment = data(100);
    change(segment);
    return !run.takes(segment);
  };
  EXPECT_TRUE(differs([](ReplaySegment& s) { s.ack = s.ack + 1; }));
  EXPECT_TRUE(differs([](ReplaySegment& s) { ++s.window; }));
  EXPECT_TRUE(differs([](ReplaySegment& s) { ++s.source.port; }));
  EXPECT_TRUE(differs([](ReplaySegment& s) { ++s.destination.port; }));
  EXPECT_TRUE(differs([](ReplaySegment& s) { ++s.options.timestamps->value; }));
  EXPECT_TRUE(differs([](ReplaySegment& s) { s.sack_count = 1; }));
}

TEST(SegmentRun, OnlyPlainDataBeginsOne) {
  for (const std::uint8_t flags : {TcpFlags::kSyn, TcpFlags::kRst}) {
    EXPECT_FALSE(SegmentRun(data(0, kSize, flags)).takes(data(100)));
  }
  EXPECT_FALSE(SegmentRun(data(0, kSize, TcpFlags::kAck | TcpFlags::kPsh)).takes(data(100)));
  EXPECT_FALSE(SegmentRun(data(0, 0)).takes(data(0)));
  EXPECT_FALSE(SegmentRun().takes(data(0)));
}

TEST(SegmentRun, EndsBelow64KB) {
  SegmentRun run(data(0, 1000));
  std::uint32_t position = 1000;
  while (run.takes(data(position, 1000))) {
    run.add(data(position, 1000));
    position += 1000;
  }
  EXPECT_EQ(run.count(), 65U);
}

TEST(SegmentRun, FinishedItIsOnePacket) {
  const test::ByteVector payload = test::pattern(240);
  std::vector<std::byte> packet(kMaxHeaders + payload.size());
  const Bytes first = Bytes(payload).first(kSize);
  const std::size_t written = write_packet(data(0), std::span(&first, 1), 9, packet);
  packet.resize(written);
  test::append(packet, Bytes(payload).subspan(kSize));
  SegmentRun run(data(0));
  run.add(data(100));
  run.add(data(200, 40, TcpFlags::kAck | TcpFlags::kPsh));
  run.finish(packet);

  const auto parsed = parse_tcp_packet(packet, Extent::kWhole);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(test::copy(parsed.value.payload), payload);
  EXPECT_TRUE(parsed.value.tcp.flags.psh());
  Checksum ip;
  ip.add(Bytes(packet).first(kIpv4HeaderSize));
  EXPECT_EQ(ip.value(), 0);
  // Completed as a device does: the sum over TCP with what stands in its checksum field.
  Checksum tcp;
  tcp.add(Bytes(packet).subspan(kIpv4HeaderSize));
  store_be16(&packet[kIpv4HeaderSize + 16], tcp.value());
  Checksum whole = pseudo_header_v4(Bytes(packet).first(kIpv4HeaderSize), 6,
                                    static_cast<std::uint16_t>(packet.size() - kIpv4HeaderSize));
  whole.add(Bytes(packet).subspan(kIpv4HeaderSize));
  EXPECT_EQ(whole.value(), 0);
}

}  // namespace
}  // namespace tcpcopy::net
