// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/fragments.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "common/net/bytes.hh"
#include "common/net/packet_parser.hh"
#include "tests/support/packet_bytes.hh"
#include "tests/unit/common/net/fragment_bytes.hh"

namespace tcpcopy::net {
namespace {

using namespace std::chrono_literals;
using test::ByteVector;
using test::cut;
using test::expect_whole;
using test::part;

ByteVector packet(std::size_t payload = 100) { return test::long_packet(payload); }

TEST(Fragments, EveryOrder) {
  const ByteVector whole = packet();
  const std::vector<ByteVector> parts = cut(whole, 32);
  ASSERT_EQ(parts.size(), 4U);
  std::vector<std::size_t> order(parts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  do {
    Fragments fragments;
    for (std::size_t i = 0; i + 1 < order.size(); ++i)
      EXPECT_FALSE(fragments.add(parts[order[i]], 1s));
    expect_whole(fragments.add(parts[order.back()], 2s), whole);
    EXPECT_EQ(fragments.datagrams(), 0U);
    EXPECT_EQ(fragments.bytes(), 0U);
    EXPECT_EQ(fragments.counters().whole, 1U);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Fragments, WholePacketsAreNone) {
  EXPECT_FALSE(Fragments::is_fragment(packet()));
  EXPECT_FALSE(Fragments::is_fragment({}));
  for (const ByteVector& piece : cut(packet(), 32))
    EXPECT_TRUE(Fragments::is_fragment(piece));
}

TEST(Fragments, WhatDiffersInOneFieldIsAnotherDatagram) {
  const std::vector<ByteVector> parts = cut(packet(), 64);
  ASSERT_EQ(parts.size(), 2U);
  for (const std::size_t field : {5U, 9U, 15U, 19U}) {  // identification, protocol, addresses
    Fragments fragments;
    EXPECT_FALSE(fragments.add(parts[0], 1s));
    ByteVector other = parts[1];
    other[field] ^= std::byte{1};
    EXPECT_FALSE(fragments.add(other, 1s));
    EXPECT_EQ(fragments.datagrams(), 2U);
    expect_whole(fragments.add(parts[1], 1s), packet());
  }
}

TEST(Fragments, ARepeatedOneIsLeftOut) {
  const ByteVector whole = packet();
  const std::vector<ByteVector> parts = cut(whole, 32);
  Fragments fragments;
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_FALSE(fragments.add(parts[i], 1s));
    EXPECT_FALSE(fragments.add(parts[i], 1s));
  }
  EXPECT_FALSE(fragments.add(part(whole, 8, 24), 1s)) << "a part of one";
  EXPECT_EQ(fragments.counters().repeated, 4U);
  expect_whole(fragments.add(parts[3], 1s), whole);
}

TEST(Fragments, OverlapsTakeTheDatagramWithThem) {
  const ByteVector whole = packet();
  ByteVector other = whole;
  other[60] ^= std::byte{1};
  const ByteVector longer = packet(200);
  const struct {
    ByteVector there;
    ByteVector then;
  } cases[] = {
      {part(whole, 0, 32), part(whole, 24, 64)},       // beyond its end
      {part(whole, 32, 64), part(whole, 24, 56)},      // before its begin
      {part(whole, 32, 64), part(whole, 24, 72)},      // around it
      {part(whole, 32, 64), part(other, 32, 64)},      // the same place, other bytes
      {part(whole, 64, 120), part(longer, 120, 160)},  // behind the last
      {part(longer, 120, 160), part(whole, 64, 120)},  // a last one before another
      {part(whole, 64, 120), part(longer, 64, 120)},   // the last one is not the last
  };
  for (const auto& [there, then] : cases) {
    Fragments fragments;
    EXPECT_FALSE(fragments.add(there, 1s));
    EXPECT_FALSE(fragments.add(then, 1s));
    EXPECT_EQ(fragments.counters().overlapping, 1U);
    EXPECT_EQ(fragments.datagrams(), 0U);
    EXPECT_EQ(fragments.bytes(), 0U);
  }
}

TEST(Fragments, OnesThatNoDatagramCanHave) {
  const ByteVector whole = packet();
  Fragments fragments;
  ByteVector odd = part(whole, 0, 32);
  odd.resize(odd.size() - 3);
  store_be16(&odd[2], static_cast<std::uint16_t>(odd.size()));
  EXPECT_FALSE(fragments.add(odd, 1s)) << "not the last, and not of units of 8 bytes";
  ByteVector empty = part(whole, 0, 32);
  store_be16(&empty[2], 24);
  EXPECT_FALSE(fragments.add(empty, 1s)) << "without payload";
  ByteVector cut_one = part(whole, 0, 32);
  cut_one.pop_back();
  EXPECT_FALSE(fragments.add(cut_one, 1s)) << "not captured as a whole";
  ByteVector far = part(whole, 0, 32);
  store_be16(&far[6], 0x1fff);
  EXPECT_FALSE(fragments.add(far, 1s)) << "beyond 65,535 bytes (the ping of death)";
  ByteVector header = part(whole, 0, 32);
  header[0] = std::byte{0x44};
  EXPECT_FALSE(fragments.add(header, 1s));
  EXPECT_EQ(fragments.counters().malformed, 5U);
  EXPECT_EQ(fragments.datagrams(), 0U);
}

// Options that only the first fragment has: with them it would be longer than a packet can be.
TEST(Fragments, TooLongWhenPutTogether) {
  ByteVector whole = test::packet_bytes({.payload = test::pattern(65495)});
  const ByteVector last = part(whole, 65504, 65515);
  Fragments fragments;
  for (std::size_t at = 8192; at < 65504; at += 8192)
    EXPECT_FALSE(fragments.add(part(whole, at, std::min<std::size_t>(at + 8192, 65504)), 1s));
  EXPECT_FALSE(fragments.add(last, 1s));
  ByteVector first = part(whole, 0, 8192);
  first.insert(first.begin() + 20, 4, std::byte{1});
  first[0] = std::byte{0x46};
  store_be16(&first[2], static_cast<std::uint16_t>(first.size()));
  EXPECT_FALSE(fragments.add(first, 1s));
  EXPECT_EQ(fragments.counters().malformed, 1U);
  EXPECT_EQ(fragments.datagrams(), 0U);
}

TEST(Fragments, WhatDoesNotBecomeWholeInTimeIsGivenUp) {
  const std::vector<ByteVector> parts = cut(packet(), 64);
  Fragments fragments;
  EXPECT_FALSE(fragments.add(parts[0], 100s));
  EXPECT_FALSE(fragments.add(cut(packet(), 64, 8)[0], 130s)) << "just in time";
  EXPECT_EQ(fragments.datagrams(), 2U);
  EXPECT_FALSE(fragments.add(parts[1], 130s + 1ms));
  EXPECT_EQ(fragments.counters().given_up, 1U);
  fragments.end();
  EXPECT_EQ(fragments.counters().given_up, 3U);
  EXPECT_EQ(fragments.bytes(), 0U);
}

TEST(Fragments, TimeThatGoesBackCountsAsTheLast) {
  const std::vector<ByteVector> parts = cut(packet(), 64);
  Fragments fragments;
  EXPECT_FALSE(fragments.add(parts[0], 100s));
  expect_whole(fragments.add(parts[1], 1s), packet());
}

TEST(Fragments, AreBoundedInNumber) {
  Fragments fragments;
  const ByteVector whole = packet();
  for (unsigned i = 0; i <= Fragments::kMaxDatagrams; ++i)
    EXPECT_FALSE(fragments.add(part(whole, 0, 64, i), 1s));
  EXPECT_EQ(fragments.datagrams(), Fragments::kMaxDatagrams);
  EXPECT_EQ(fragments.counters().given_up, 1U);
  EXPECT_FALSE(fragments.add(part(whole, 64, 128, 0), 1s)) << "the first has made room";
  EXPECT_TRUE(fragments.add(part(whole, 64, 128, 2), 1s));
}

TEST(Fragments, AreBoundedInBytes) {
  Fragments fragments;
  const ByteVector whole = packet(60'000);
  for (unsigned i = 0; i < 300; ++i) {
    EXPECT_FALSE(fragments.add(part(whole, 0, 48'000, i), 1s));
    EXPECT_LE(fragments.bytes(), Fragments::kMaxBytes);
  }
  EXPECT_GT(fragments.bytes(), Fragments::kMaxBytes / 2);
}

TEST(Fragments, PiecesAreBounded) {
  Fragments fragments;
  const ByteVector whole = packet(60'000);
  for (unsigned i = 0; i < Fragments::kMaxPieces; ++i)
    EXPECT_FALSE(fragments.add(part(whole, std::size_t{16} * i, std::size_t{16} * i + 8), 1s));
  EXPECT_EQ(fragments.datagrams(), 1U);
  EXPECT_FALSE(fragments.add(part(whole, 50'000, 50'008), 1s));
  EXPECT_EQ(fragments.datagrams(), 0U);
  EXPECT_EQ(fragments.counters().overlapping, 1U);
}

}  // namespace
}  // namespace tcpcopy::net
