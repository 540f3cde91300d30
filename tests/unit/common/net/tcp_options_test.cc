// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/tcp_options.hh"

#include <gtest/gtest.h>

#include <array>

#include "tests/support/packet_bytes.hh"

namespace tcpcopy::net {
namespace {

using test::bytes;
using test::ByteVector;
using test::copy;

ParsedOptions parse(const ByteVector& options) { return parse_tcp_options(options); }

ByteVector written(const TcpOptions& options, std::span<const SackRange> sacks = {}) {
  std::array<std::byte, kMaxTcpOptions> room{};
  room.fill(std::byte{0xee});
  const std::size_t size = write_tcp_options(options, sacks, room);
  return copy(Bytes(room).first(size));
}

TcpOptions only_timestamps() {
  TcpOptions options;
  options.timestamps = {1, 2};
  return options;
}

TcpOptions all_options() {
  return {.mss = 1460,
          .window_scale = std::uint8_t{7},
          .timestamps = TcpOptions::Timestamps{0x01020304, 0xf0000001},
          .sack_permitted = true};
}

TEST(TcpOptions, None) {
  const auto parsed = parse({});
  EXPECT_EQ(parsed.options, TcpOptions{});
  EXPECT_EQ(parsed.sack_count, 0);
}

TEST(TcpOptions, ParsesThoseOfALinuxSyn) {
  const auto parsed =
      parse(bytes({2, 4, 0x05, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0xf0, 0, 0, 1, 1, 3, 3, 7}));
  EXPECT_EQ(parsed.options, all_options());
}

TEST(TcpOptions, StopsAtTheEndOfTheList) {
  const auto parsed = parse(bytes({2, 4, 0x02, 0x18, 0, 3, 3, 7}));
  EXPECT_EQ(parsed.options.mss, 536);
  EXPECT_FALSE(parsed.options.window_scale);
}

TEST(TcpOptions, WhatFollowsTheEndIsNotRead) {
  EXPECT_EQ(parse(bytes({1, 0, 2, 4, 5, 0xb4})).options, TcpOptions{});
}

TEST(TcpOptions, UnknownOnesAreSteppedOver) {
  const auto parsed = parse(bytes({254, 6, 1, 2, 3, 4, 253, 2, 3, 3, 5, 1}));
  TcpOptions expected;
  expected.window_scale = std::uint8_t{5};
  EXPECT_EQ(parsed.options, expected);
}

TEST(TcpOptions, AKnownOneOfAnotherLengthIsIgnored) {
  const auto parsed = parse(bytes({2, 3, 1, 3, 4, 1, 1, 4, 3, 1, 8, 6, 0, 0, 0, 1}));
  EXPECT_EQ(parsed.options, TcpOptions{});
}

TEST(TcpOptions, AWindowScaleAbove14Counts14) {
  EXPECT_EQ(parse(bytes({3, 3, 14, 1})).options.window_scale, 14);
  EXPECT_EQ(parse(bytes({3, 3, 15, 1})).options.window_scale, 14);
  EXPECT_EQ(parse(bytes({3, 3, 255, 1})).options.window_scale, 14);
}

TEST(TcpOptions, ParsesUpToFourSackBlocks) {
  for (unsigned blocks = 1; blocks <= kMaxSackBlocks; ++blocks) {
    ByteVector option = bytes({1, 1, 5, 2 + 8 * blocks});
    for (unsigned i = 0; i < blocks; ++i) {
      test::append32(option, 0xffffff00U + i);
      test::append32(option, 100 * i);
    }
    const auto parsed = parse(option);
    ASSERT_EQ(parsed.sack_count, blocks);
    for (unsigned i = 0; i < blocks; ++i) {
      EXPECT_EQ(parsed.sacks[i].begin, 0xffffff00U + i);
      EXPECT_EQ(parsed.sacks[i].end, 100 * i);
    }
  }
}

TEST(TcpOptions, MoreSackBlocksThanFitAreLeftOut) {
  ByteVector options = bytes({5, 34});
  options.resize(34);
  test::append(options, bytes({5, 34}));  // no header has room for these
  options.resize(68);
  EXPECT_EQ(parse(options).sack_count, kMaxSackBlocks);
}

TEST(TcpOptions, APieceOfASackBlockIsLeftOut) {
  EXPECT_EQ(parse(bytes({5, 12, 0, 0, 0, 1, 0, 0, 0, 2, 9, 9})).sack_count, 1);
  EXPECT_EQ(parse(bytes({5, 2, 1, 1})).sack_count, 0);
}

// As kernels take them: what stands before is good, and nothing behind is read.
TEST(TcpOptions, ALengthThatCannotBeEndsThem) {
  for (const unsigned length : {0U, 1U, 7U, 41U, 255U}) {
    const auto parsed = parse(bytes({2, 4, 0x05, 0xb4, 8, length, 3, 3, 7, 1}));
    EXPECT_EQ(parsed.options.mss, 1460) << length;
    EXPECT_FALSE(parsed.options.timestamps) << length;
    EXPECT_FALSE(parsed.options.window_scale) << length;
  }
}

TEST(TcpOptions, AKindWithoutLengthEndsThem) {
  EXPECT_EQ(parse(bytes({2, 4, 0x05, 0xb4, 1, 1, 1, 8})).options.mss, 1460);
}

// Each of the known options cut at every place, and each with every length.
TEST(TcpOptions, EveryLengthOfEveryKnownOption) {
  const auto whole = bytes({2, 4, 0x05, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0xf0, 0, 0, 1, 3, 3, 7, 1});
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const auto parsed = parse(copy(Bytes(whole).first(size)));
    EXPECT_EQ(parsed.options.mss.has_value(), size >= 4) << size;
    EXPECT_EQ(parsed.options.sack_permitted, size >= 6) << size;
    EXPECT_EQ(parsed.options.timestamps.has_value(), size >= 16) << size;
    EXPECT_EQ(parsed.options.window_scale.has_value(), size >= 19) << size;
  }
  for (const unsigned kind : {2U, 3U, 4U, 5U, 8U, 30U, 254U}) {
    for (unsigned length = 0; length < 256; ++length) {
      ByteVector options = bytes({kind, length});
      options.resize(40, std::byte{1});
      const TcpOptions parsed = parse(options).options;
      EXPECT_EQ(parsed.mss.has_value(), kind == 2 && length == 4) << length;
      EXPECT_EQ(parsed.window_scale.has_value(), kind == 3 && length == 3) << length;
      EXPECT_EQ(parsed.sack_permitted, kind == 4 && length == 2) << length;
      EXPECT_EQ(parsed.timestamps.has_value(), kind == 8 && length == 10) << length;
    }
  }
}

TEST(TcpOptions, WritesNothingForNoOptions) { EXPECT_TRUE(written({}).empty()); }

TEST(TcpOptions, WritesASynAsLinuxDoes) {
  EXPECT_EQ(written(all_options()),
            bytes({2, 4, 0x05, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0xf0, 0, 0, 1, 3, 3, 7, 1}));
}

TEST(TcpOptions, LoneTimestampsStandAligned) {
  EXPECT_EQ(written(only_timestamps()), bytes({1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}));
}

TEST(TcpOptions, ReadsBackEveryCombinationThatItWrites) {
  const std::array<SackRange, 4> sacks{{{1, 2}, {0x80000000, 3}, {0xffffffff, 0}, {7, 8}}};
  for (unsigned bits = 0; bits < 16; ++bits) {
    TcpOptions options;
    if ((bits & 1U) != 0) options.mss = 9000;
    if ((bits & 2U) != 0) options.window_scale = 14;
    if ((bits & 4U) != 0) options.timestamps = {0xffffffff, 0};
    options.sack_permitted = (bits & 8U) != 0;
    for (std::size_t count = 0; count <= sacks.size(); ++count) {
      const auto result = written(options, std::span(sacks).first(count));
      EXPECT_EQ(result.size() % 4, 0U);
      EXPECT_LE(result.size(), kMaxTcpOptions);
      const auto parsed = parse(result);
      EXPECT_EQ(parsed.options, options) << "combination " << bits;
      EXPECT_LE(parsed.sack_count, count);
      for (std::size_t i = 0; i < parsed.sack_count; ++i) {
        EXPECT_EQ(parsed.sacks[i].begin, sacks[i].begin);
        EXPECT_EQ(parsed.sacks[i].end, sacks[i].end);
      }
    }
  }
}

TEST(TcpOptions, WritesAsManySackBlocksAsThereIsRoomFor) {
  const std::array<SackRange, 4> sacks{{{1, 2}, {3, 4}, {5, 6}, {7, 8}}};
  const TcpOptions timestamps = only_timestamps();
  EXPECT_EQ(parse(written({}, sacks)).sack_count, 4);
  EXPECT_EQ(parse(written(timestamps, sacks)).sack_count, 3);  // RFC 2018, 3
  EXPECT_EQ(parse(written(all_options(), sacks)).sack_count, 2);
  EXPECT_EQ(written(timestamps, std::span(sacks).first(1)),
            bytes({1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2}));
}

}  // namespace
}  // namespace tcpcopy::net
