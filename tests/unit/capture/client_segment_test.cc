// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/capture/client_segment.hh"

#include <gtest/gtest.h>

#include "tests/unit/packet_bytes.hh"

namespace tcpcopy::capture {
namespace {

using test::ByteVector;
using test::packet_bytes;
using test::PacketFields;
using test::pattern;

ByteVector request(std::uint8_t flags) {
  PacketFields fields;
  fields.flags = flags;
  fields.payload = pattern(100);
  return packet_bytes(fields);
}

TEST(ClientSegment, AWholePacketKeepsItsPayload) {
  net::CaptureCounters counters;
  const ByteVector packet = request(TcpFlags::kAck | TcpFlags::kPsh);
  const auto segment = client_segment(packet, counters);
  ASSERT_TRUE(segment);
  EXPECT_EQ(segment->payload_length, 100U);
  EXPECT_EQ(test::copy(segment->payload), pattern(100));
  EXPECT_TRUE(segment->flags.psh());
  EXPECT_EQ(counters.cut_packets, 0U);
}

TEST(ClientSegment, ACutPacketLeavesAHole) {
  net::CaptureCounters counters;
  ByteVector packet = request(TcpFlags::kAck | TcpFlags::kPsh | TcpFlags::kFin);
  packet.resize(packet.size() - 30);
  const auto segment = client_segment(packet, counters);
  ASSERT_TRUE(segment);
  EXPECT_EQ(segment->seq.raw, PacketFields().seq);
  EXPECT_EQ(segment->ack.raw, PacketFields().ack);
  EXPECT_TRUE(segment->flags.ack());
  EXPECT_EQ(segment->payload_length, 0U);
  EXPECT_TRUE(segment->payload.empty());
  EXPECT_FALSE(segment->flags.fin()) << "the FIN stands behind bytes that nobody has";
  EXPECT_EQ(counters.cut_packets, 1U);
  EXPECT_EQ(counters.cut_bytes, 30U);
}

TEST(ClientSegment, CutHeadersAreMalformed) {
  net::CaptureCounters counters;
  ByteVector packet = request(TcpFlags::kAck);
  packet.resize(30);
  EXPECT_FALSE(client_segment(packet, counters));
  EXPECT_EQ(counters.malformed[static_cast<std::size_t>(net::ParseError::kTruncated)], 1U);
  EXPECT_EQ(counters.cut_packets, 0U);
}

}  // namespace
}  // namespace tcpcopy::capture
