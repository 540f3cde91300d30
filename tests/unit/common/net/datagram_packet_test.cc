// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/datagram_packet.hh"

#include <gtest/gtest.h>

#include "common/net/bytes.hh"
#include "common/net/checksum.hh"
#include "tests/support/packet_bytes.hh"

namespace tcpcopy::net {
namespace {

using test::ByteVector;
using test::copy;
using test::pattern;

const Endpoint kClient{Address::v4(0x3e87c801), 40000};
const Endpoint kTarget{Address::v4(0x0a00001e), 53};

ByteVector written(Bytes payload) { return write_datagram({kClient, kTarget, payload}, 0x1234); }

std::uint16_t sum(Bytes bytes) {
  Checksum checksum;
  checksum.add(bytes);
  return checksum.value();
}

TEST(DatagramPacket, WhatIsWrittenIsReadAgain) {
  for (const std::size_t size : {0U, 1U, 33U, 1400U, 65507U}) {
    const ByteVector payload = pattern(size);
    const ByteVector packet = written(payload);
    const auto parsed = parse_datagram(packet);
    ASSERT_TRUE(parsed) << size;
    EXPECT_EQ(parsed.value.source, kClient);
    EXPECT_EQ(parsed.value.destination, kTarget);
    EXPECT_EQ(copy(parsed.value.payload), payload);
    EXPECT_EQ(sum(Bytes(packet).first(20)), 0);
    Checksum udp = pseudo_header_v4(Bytes(packet).first(20), 17,
                                    static_cast<std::uint16_t>(8 + payload.size()));
    udp.add(Bytes(packet).subspan(20));
    EXPECT_EQ(udp.value(), 0);
  }
}

TEST(DatagramPacket, PaddingBehindItIsIgnored) {
  ByteVector packet = written(pattern(3));
  packet.resize(46);
  const auto parsed = parse_datagram(packet);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(copy(parsed.value.payload), pattern(3));
}

TEST(DatagramPacket, MalformedOnesAreRefused) {
  const ByteVector whole = written(pattern(30));
  const auto error = [&](auto spoil) {
    ByteVector packet = whole;
    spoil(packet);
    return parse_datagram(packet).error;
  };
  EXPECT_EQ(error([](ByteVector& p) { p.clear(); }), ParseError::kTruncated);
  EXPECT_EQ(error([](ByteVector& p) { p.pop_back(); }), ParseError::kTruncated);
  EXPECT_EQ(error([](ByteVector& p) { p[9] = std::byte{6}; }), ParseError::kNotTcp);
  EXPECT_EQ(error([](ByteVector& p) { p[6] = std::byte{0x20}; }), ParseError::kFragment);
  EXPECT_EQ(error([](ByteVector& p) { store_be16(&p[2], 27); }), ParseError::kBadTotalLength);
  EXPECT_EQ(error([](ByteVector& p) { store_be16(&p[24], 7); }), ParseError::kBadTotalLength);
  EXPECT_EQ(error([](ByteVector& p) { store_be16(&p[24], 39); }), ParseError::kBadTotalLength);
}

TEST(DatagramPacket, OneThatFitsIsNotCut) {
  const ByteVector packet = written(pattern(100));
  int pieces = 0;
  fragment(packet, 128, [&](Bytes piece) {
    ++pieces;
    EXPECT_EQ(copy(piece), packet);
  });
  EXPECT_EQ(pieces, 1);
}

TEST(DatagramPacket, FragmentsMakeUpThePacket) {
  const ByteVector packet = written(pattern(3001));
  ByteVector joined;
  std::size_t pieces = 0;
  bool more = true;
  fragment(packet, 1499, [&](Bytes piece) {
    ++pieces;
    ASSERT_TRUE(more);
    EXPECT_LE(piece.size(), 1499U);
    EXPECT_EQ(load_be16(&piece[2]), piece.size());
    EXPECT_EQ(load_be16(&piece[4]), 0x1234);
    EXPECT_EQ(sum(piece.first(20)), 0);
    const std::uint16_t field = load_be16(&piece[6]);
    EXPECT_EQ((field & 0x1fffU) * 8U, joined.size());
    more = (field & 0x2000U) != 0;
    EXPECT_TRUE(!more || (piece.size() - 20) % 8 == 0);
    test::append(joined, piece.subspan(20));
  });
  EXPECT_FALSE(more);
  EXPECT_EQ(pieces, 3U);
  EXPECT_EQ(joined, copy(Bytes(packet).subspan(20)));
}

}  // namespace
}  // namespace tcpcopy::net
