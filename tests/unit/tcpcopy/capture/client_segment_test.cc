// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/capture/client_segment.hh"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/packet_bytes.hh"

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

net::CapturedPacket captured(const ByteVector& packet, std::size_t missing = 0) {
  return {packet, missing};
}

TEST(ClientSegment, AWholePacketKeepsItsPayload) {
  net::CaptureCounters counters;
  const ByteVector packet = request(TcpFlags::kAck | TcpFlags::kPsh);
  const auto found = client_segment(captured(packet), counters);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->segment.payload_length, 100U);
  EXPECT_EQ(test::copy(found->segment.payload), pattern(100));
  EXPECT_TRUE(found->segment.flags.psh());
  EXPECT_EQ(found->cut, 0U);
}

TEST(ClientSegment, ACutPacketLeavesAHole) {
  net::CaptureCounters counters;
  ByteVector packet = request(TcpFlags::kAck | TcpFlags::kPsh | TcpFlags::kFin);
  packet.resize(packet.size() - 30);
  const auto found = client_segment(captured(packet, 30), counters);
  ASSERT_TRUE(found);
  const ClientSegment& segment = found->segment;
  EXPECT_EQ(segment.seq.raw, PacketFields().seq + 100) << "it stands behind what is missing";
  EXPECT_EQ(segment.ack.raw, PacketFields().ack);
  EXPECT_TRUE(segment.flags.ack());
  EXPECT_EQ(segment.payload_length, 0U);
  EXPECT_TRUE(segment.payload.empty());
  EXPECT_FALSE(segment.flags.fin()) << "the FIN stands behind bytes that nobody has";
  EXPECT_EQ(found->cut, 100U);
}

TEST(ClientSegment, ASynKeepsItsNumberWhenItsDataIsCut) {
  net::CaptureCounters counters;
  ByteVector packet = request(TcpFlags::kSyn);
  packet.resize(packet.size() - 30);
  const auto found = client_segment(captured(packet, 30), counters);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->segment.seq.raw, PacketFields().seq);
  EXPECT_EQ(found->cut, 100U);
}

// RFC 9293, 3.5.3: it tells why, and is nothing of the stream.
TEST(ClientSegment, TheTextOfAResetIsNoData) {
  net::CaptureCounters counters;
  for (const std::size_t lacks : {0U, 30U}) {
    ByteVector packet = request(TcpFlags::kAck | TcpFlags::kRst);
    packet.resize(packet.size() - lacks);
    const auto found = client_segment(captured(packet, lacks), counters);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->segment.seq.raw, PacketFields().seq);
    EXPECT_TRUE(found->segment.flags.rst());
    EXPECT_EQ(found->segment.payload_length, 0U);
    EXPECT_TRUE(found->segment.payload.empty());
    EXPECT_EQ(found->cut, 0U);
  }
}

TEST(ClientSegment, CutHeadersAreMalformed) {
  net::CaptureCounters counters;
  ByteVector packet = request(TcpFlags::kAck);
  packet.resize(30);
  EXPECT_FALSE(client_segment(captured(packet), counters));
  EXPECT_EQ(counters.of(net::ParseError::kTruncated), 1U);
}

TEST(ClientSegment, WhyThereIsNoPacketIsCounted) {
  net::CaptureCounters counters;
  EXPECT_FALSE(client_segment({{}, 0, net::ParseError::kIpv6}, counters));
  EXPECT_FALSE(client_segment({{}, 0, net::ParseError::kTooDeep}, counters));
  EXPECT_FALSE(client_segment({}, counters));
  EXPECT_FALSE(client_segment({{}, 0, net::ParseError::kNotIp}, counters));
  EXPECT_EQ(counters.of(net::ParseError::kIpv6), 1U);
  EXPECT_EQ(counters.of(net::ParseError::kTooDeep), 1U);
  EXPECT_EQ(counters.of(net::ParseError::kNotIpv4), 1U);
  EXPECT_EQ(counters.unread(), 3U) << "what is no IP was not to be read";
}

TEST(ClientSegment, AChecksumThatWasLeftToADeviceIsNotBad) {
  ByteVector packet = request(TcpFlags::kAck);
  std::vector<unsigned> passing;
  for (unsigned value = 0; value < 65536; ++value) {
    packet[36] = static_cast<std::byte>(value >> 8U);
    packet[37] = static_cast<std::byte>(value & 0xffU);
    if (!has_bad_checksum(captured(packet))) passing.push_back(value);
  }
  EXPECT_EQ(passing.size(), 3U) << "the right one, and the pseudo header's with its length or not";
  packet.pop_back();
  EXPECT_FALSE(has_bad_checksum(captured(packet, 1))) << "nobody knows";
}

}  // namespace
}  // namespace tcpcopy::capture
