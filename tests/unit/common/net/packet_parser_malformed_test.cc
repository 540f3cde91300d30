// SPDX-License-Identifier: BSD-3-Clause
// One test for each way in which a packet can be malformed. Every packet is exactly as long as its
// vector, so the address sanitizer sees a read beyond its end.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "common/net/bytes.hh"
#include "common/net/packet_parser.hh"
#include "tests/support/packet_bytes.hh"

namespace tcpcopy::net {
namespace {

using test::bytes;
using test::ByteVector;
using test::packet_bytes;
using test::pattern;

constexpr std::size_t kTotalLength = 2;
constexpr std::size_t kFragment = 6;
constexpr std::size_t kProtocol = 9;
constexpr std::size_t kDataOffset = 20 + 12;

ParseError error_of(const ByteVector& packet, Extent extent = Extent::kWhole) {
  return parse_tcp_packet(packet, extent).error;
}

/// The errors with either extent, which are the same unless a payload is cut.
ParseError error_of_both(const ByteVector& packet) {
  EXPECT_EQ(error_of(packet, Extent::kWhole), error_of(packet, Extent::kHeaders));
  return error_of(packet);
}

ByteVector with(ByteVector packet, std::size_t at, unsigned value) {
  packet[at] = static_cast<std::byte>(value);
  return packet;
}

ByteVector with16(ByteVector packet, std::size_t at, unsigned value) {
  store_be16(&packet[at], static_cast<std::uint16_t>(value));
  return packet;
}

TEST(MalformedPacket, Empty) { EXPECT_EQ(error_of_both({}), ParseError::kTruncated); }

TEST(MalformedPacket, CutAnywhereInItsHeaders) {
  const auto whole = packet_bytes({.ip_options = bytes({1, 1, 1, 1}),
                                   .tcp_options = bytes({1, 1, 1, 1}),
                                   .payload = bytes("abc")});
  for (std::size_t size = 0; size < 48; ++size) {
    const ByteVector cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(error_of_both(cut), ParseError::kTruncated) << size << " bytes";
  }
}

TEST(MalformedPacket, NotVersion4) {
  const auto packet = packet_bytes({});
  EXPECT_EQ(error_of_both(with(packet, 0, 0x65)), ParseError::kIpv6);
  EXPECT_EQ(error_of_both(with(packet, 0, 0x05)), ParseError::kNotIpv4);
  EXPECT_EQ(error_of_both(bytes({0x60})), ParseError::kIpv6);
}

TEST(MalformedPacket, HeaderLengthBelowFiveWords) {
  const auto packet = packet_bytes({.payload = pattern(100)});
  for (unsigned words = 0; words < 5; ++words) {
    EXPECT_EQ(error_of_both(with(packet, 0, 0x40U | words)), ParseError::kBadHeaderLength);
  }
}

TEST(MalformedPacket, HeaderLengthBeyondTheCapturedBytes) {
  auto packet = packet_bytes({.payload = pattern(100)});
  packet.resize(20);
  EXPECT_EQ(error_of(with(packet, 0, 0x46), Extent::kHeaders), ParseError::kTruncated);
  EXPECT_EQ(error_of(with(packet, 0, 0x4f), Extent::kHeaders), ParseError::kTruncated);
  EXPECT_EQ(error_of(with(packet, 0, 0x4f), Extent::kWhole), ParseError::kTruncated);
}

TEST(MalformedPacket, HeaderLengthBeyondTheTotalLength) {
  const auto packet = with(packet_bytes({}), 0, 0x4f);  // 60 bytes of header in a packet of 40
  EXPECT_EQ(error_of_both(packet), ParseError::kBadTotalLength);
}

// In front of a device that does segmentation the frame's length counts.
TEST(MalformedPacket, TotalLengthZeroIsTheFramesLength) {
  for (const std::size_t size : {7U, 4051U, 70'000U}) {
    const auto packet = with16(packet_bytes({.payload = pattern(size)}), kTotalLength, 0);
    for (const Extent extent : {Extent::kWhole, Extent::kHeaders}) {
      const auto parsed = parse_tcp_packet(packet, extent);
      ASSERT_EQ(parsed.error, ParseError::kNone);
      EXPECT_EQ(parsed.value.ip.total_length, packet.size());
      EXPECT_EQ(parsed.value.payload_length, size);
      EXPECT_EQ(test::copy(parsed.value.payload), pattern(size));
    }
  }
}

TEST(MalformedPacket, TotalLengthZeroOfACutFrame) {
  const auto packet = with16(packet_bytes({.payload = pattern(100)}), kTotalLength, 0);
  EXPECT_EQ(parse_tcp_packet(packet, Extent::kWhole, 3000).error, ParseError::kTruncated);
  const auto headers = parse_tcp_packet(packet, Extent::kHeaders, 3000);
  ASSERT_EQ(headers.error, ParseError::kNone);
  EXPECT_EQ(headers.value.payload_length, 3100U);
  EXPECT_EQ(headers.value.payload.size(), 100U);
}

TEST(MalformedPacket, TotalLengthZeroOfAFrameThatMayBePadded) {
  for (std::size_t payload = 0; payload <= 6; ++payload) {
    const auto packet = with16(packet_bytes({.payload = pattern(payload)}), kTotalLength, 0);
    EXPECT_EQ(error_of_both(packet), ParseError::kBadTotalLength) << payload;
  }
}

TEST(MalformedPacket, TotalLengthSmallerThanTheIpHeader) {
  EXPECT_EQ(error_of_both(with16(packet_bytes({}), kTotalLength, 19)), ParseError::kBadTotalLength);
}

TEST(MalformedPacket, TotalLengthSmallerThanBothHeaders) {
  for (const unsigned length : {20U, 21U, 39U}) {
    EXPECT_EQ(error_of_both(with16(packet_bytes({}), kTotalLength, length)),
              ParseError::kBadTotalLength);
  }
}

TEST(MalformedPacket, TotalLengthSmallerThanTheHeadersWithIpOptions) {
  const auto packet = packet_bytes({.ip_options = bytes({1, 1, 1, 1})});
  EXPECT_EQ(error_of_both(with16(packet, kTotalLength, 43)), ParseError::kBadTotalLength);
}

TEST(MalformedPacket, TotalLengthBeyondTheCapturedBytes) {
  const auto packet = with16(packet_bytes({.payload = pattern(10)}), kTotalLength, 51);
  EXPECT_EQ(error_of(packet, Extent::kWhole), ParseError::kTruncated);

  const auto headers = parse_tcp_packet(packet, Extent::kHeaders);
  ASSERT_EQ(headers.error, ParseError::kNone);
  EXPECT_EQ(headers.value.payload_length, 11U);
  EXPECT_EQ(headers.value.payload.size(), 10U);
}

TEST(MalformedPacket, LargestTotalLengthOfASmallCapture) {
  const auto packet = with16(packet_bytes({}), kTotalLength, 65535);
  EXPECT_EQ(error_of(packet, Extent::kWhole), ParseError::kTruncated);
  const auto headers = parse_tcp_packet(packet, Extent::kHeaders);
  ASSERT_EQ(headers.error, ParseError::kNone);
  EXPECT_EQ(headers.value.payload_length, 65495U);
}

TEST(MalformedPacket, FirstFragment) {
  EXPECT_EQ(error_of_both(with16(packet_bytes({}), kFragment, 0x2000)), ParseError::kFragment);
}

TEST(MalformedPacket, LaterFragment) {
  for (const unsigned offset : {0x0001U, 0x1fffU, 0x2001U}) {
    EXPECT_EQ(error_of_both(with16(packet_bytes({}), kFragment, offset)), ParseError::kFragment);
  }
}

TEST(MalformedPacket, NotTcp) {
  for (const unsigned protocol : {0U, 1U, 17U, 41U, 255U}) {
    EXPECT_EQ(error_of_both(with(packet_bytes({}), kProtocol, protocol)), ParseError::kNotTcp);
  }
}

TEST(MalformedPacket, DataOffsetBelowFiveWords) {
  const auto packet = packet_bytes({.payload = pattern(100)});
  for (unsigned words = 0; words < 5; ++words) {
    EXPECT_EQ(error_of_both(with(packet, kDataOffset, words << 4U)), ParseError::kBadDataOffset);
  }
}

TEST(MalformedPacket, DataOffsetBeyondTheSegment) {
  const auto packet = packet_bytes({.payload = bytes({1, 1, 1})});
  for (const unsigned words : {6U, 15U}) {
    EXPECT_EQ(error_of_both(with(packet, kDataOffset, words << 4U)), ParseError::kBadDataOffset);
  }
}

TEST(MalformedPacket, DataOffsetBeyondTheCapturedBytesOnly) {
  auto packet = packet_bytes({.tcp_options = bytes({1, 1, 1, 1}), .payload = pattern(100)});
  packet.resize(43);
  EXPECT_EQ(error_of(packet, Extent::kHeaders), ParseError::kTruncated);
}

// RFC 9293 leaves it open; kernels take the segment, and the options before.
TEST(MalformedPacket, AnOptionThatCannotBeEndsTheOptions) {
  const std::vector<ByteVector> spoiled{
      bytes({2, 4, 5, 0xb4, 3, 0, 7, 1}), bytes({2, 4, 5, 0xb4, 99, 1, 1, 1}),
      bytes({2, 4, 5, 0xb4, 1, 1, 8, 10}), bytes({2, 4, 5, 0xb4, 1, 1, 1, 3})};
  for (const ByteVector& options : spoiled) {
    // The payload behind the header would complete the option; it is none of the header's.
    const auto packet = packet_bytes({.tcp_options = options, .payload = pattern(100)});
    const auto parsed = parse_tcp_packet(packet, Extent::kWhole);
    ASSERT_EQ(parsed.error, ParseError::kNone);
    TcpOptions expected;
    expected.mss = 1460;
    EXPECT_EQ(parsed.value.tcp.options.options, expected);
    EXPECT_EQ(test::copy(parsed.value.payload), pattern(100));
  }
}

TEST(MalformedPacket, RandomBytesNeverLeadOutOfThePacket) {
  std::mt19937 random(9293);
  std::size_t taken = 0;
  for (int round = 0; round < 20'000; ++round) {
    ByteVector packet = packet_bytes({.tcp_options = bytes({1, 1, 1, 1}), .payload = pattern(20)});
    packet.resize(random() % (packet.size() + 1));
    for (unsigned spoiled = random() % 4; spoiled > 0 && !packet.empty(); --spoiled)
      packet[random() % packet.size()] = static_cast<std::byte>(random() & 0xffU);
    for (const Extent extent : {Extent::kWhole, Extent::kHeaders}) {
      const auto parsed = parse_tcp_packet(packet, extent);
      if (!parsed) continue;
      ++taken;
      const TcpPacket& value = parsed.value;
      ASSERT_EQ(value.ip_bytes.data(), packet.data());
      ASSERT_LE(value.payload.data() + value.payload.size(), packet.data() + packet.size());
      ASSERT_LE(value.payload.size(), value.payload_length);
      ASSERT_EQ(value.ip.header_length + value.tcp.header_length + value.payload_length,
                value.ip.total_length);
    }
  }
  EXPECT_GT(taken, 100U);
}

}  // namespace
}  // namespace tcpcopy::net
