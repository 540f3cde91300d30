// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/whole_packets.hh"

#include <gtest/gtest.h>

#include <optional>

#include "common/net/bytes.hh"
#include "tests/unit/common/net/fragment_bytes.hh"

namespace tcpcopy::net {
namespace {

using namespace std::chrono_literals;
using test::ByteVector;
using test::cut;
using test::expect_whole;

CapturedPacket captured(const ByteVector& bytes) { return {bytes}; }

TEST(WholePackets, FragmentsInsideOfATunnelThatCameInFragments) {
  const ByteVector whole = test::long_packet(200);
  WholePackets packets;
  std::optional<CapturedPacket> found;
  unsigned identification = 100;
  for (const ByteVector& inner : cut(whole, 64)) {
    ByteVector outer = inner;
    outer.insert(outer.begin(), inner.begin(), inner.begin() + 20);
    outer[0] = std::byte{0x45};
    outer[9] = std::byte{4};
    store_be16(&outer[2], static_cast<std::uint16_t>(outer.size()));
    for (const ByteVector& piece : cut(outer, 24, ++identification)) {
      ASSERT_FALSE(found);
      found = packets.add(captured(piece), 1s);
    }
  }
  ASSERT_TRUE(found);
  expect_whole(found->bytes, whole);
}

TEST(WholePackets, OthersPassAsTheyAre) {
  const ByteVector whole = test::long_packet();
  WholePackets packets;
  const auto found = packets.add({whole, 3}, 1s);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->bytes.data(), whole.data());
  EXPECT_EQ(found->missing, 3U);
  const auto none = packets.add({{}, 0, ParseError::kIpv6}, 1s);
  ASSERT_TRUE(none);
  EXPECT_EQ(none->error, ParseError::kIpv6);
}

}  // namespace
}  // namespace tcpcopy::net
