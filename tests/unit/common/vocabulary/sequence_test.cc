// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/sequence.hh"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <type_traits>

namespace tcpcopy {
namespace {

using ClientSeq = Seq<space::Client>;
using Map = SequenceMap<space::Client>;

static_assert(!std::is_convertible_v<ClientSeq, Seq<space::Target>>);
static_assert(!std::is_convertible_v<ClientOffset, TargetOffset>);
static_assert(!std::is_convertible_v<std::uint32_t, ClientSeq>);
static_assert(!std::is_convertible_v<std::int64_t, ClientOffset>);

constexpr std::int64_t kTwo31 = std::int64_t{1} << 31U;
constexpr std::int64_t kTwo32 = std::int64_t{1} << 32U;

TEST(Seq, WrapsAtItsEnd) {
  EXPECT_EQ(ClientSeq(0xffffffff) + 1, ClientSeq(0));
  EXPECT_EQ(ClientSeq(0) - 1, ClientSeq(0xffffffff));
  EXPECT_EQ(ClientSeq(0xfffffff0) + 0x20, ClientSeq(0x10));
}

TEST(Offset, IsOrderedAndSigned) {
  EXPECT_LT(ClientOffset(-1), ClientOffset(0));
  EXPECT_LT(ClientOffset(kTwo32 - 1), ClientOffset(kTwo32));
  EXPECT_EQ(ClientOffset(3) - ClientOffset(5), -2);
  EXPECT_EQ(ClientOffset(3) - 5, ClientOffset(-2));
  ClientOffset offset(1);
  offset += 2;
  EXPECT_EQ(offset, ClientOffset(3));
}

/// Each initial number is that of the SYN, which stands at offset -1.
class SequenceMapAt : public testing::TestWithParam<std::uint32_t> {
 protected:
  const ClientSeq syn_{GetParam()};
  const Map map_{syn_, ClientOffset(-1)};
};

TEST_P(SequenceMapAt, TheSynStandsAtMinusOne) {
  EXPECT_EQ(map_.wrap(ClientOffset(-1)), syn_);
  EXPECT_EQ(map_.wrap(ClientOffset(0)), syn_ + 1);
  EXPECT_EQ(map_.unwrap(syn_, ClientOffset(0)), ClientOffset(-1));
  EXPECT_EQ(map_.unwrap(syn_ + 1, ClientOffset(0)), ClientOffset(0));
}

TEST_P(SequenceMapAt, UnwrapsNumbersBeforeTheFirstByte) {
  EXPECT_EQ(map_.unwrap(syn_ - 1, ClientOffset(0)), ClientOffset(-2));
  EXPECT_EQ(map_.unwrap(syn_ - 1000, ClientOffset(-1)), ClientOffset(-1001));
}

TEST_P(SequenceMapAt, UnwrapUndoesWrapNearAnyOffset) {
  for (const std::int64_t at : {std::int64_t{-5}, std::int64_t{0}, kTwo31 - 1, kTwo31, kTwo31 + 1,
                                kTwo32 - 1, kTwo32, kTwo32 + 1, 3 * kTwo32 + 7}) {
    for (const std::int64_t distance : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1},
                                        std::int64_t{65535}, kTwo31 - 1, -kTwo31}) {
      const ClientOffset near(at);
      const ClientOffset wanted = near + distance;
      EXPECT_EQ(map_.unwrap(map_.wrap(wanted), near), wanted)
          << "near " << at << ", distance " << distance;
    }
  }
}

TEST_P(SequenceMapAt, AnOffsetWrapsAlikeEveryFourGigabytes) {
  EXPECT_EQ(map_.wrap(ClientOffset(17)), map_.wrap(ClientOffset(17 + kTwo32)));
  EXPECT_EQ(map_.wrap(ClientOffset(17)), map_.wrap(ClientOffset(17 - kTwo32)));
}

TEST_P(SequenceMapAt, FollowsAStreamOfFiveGigabytes) {
  constexpr std::uint32_t kStep = 1U << 20U;
  ClientOffset at(0);
  ClientSeq seq = syn_ + 1;
  while (at.value < 5 * kTwo32 / 4) {
    at = map_.unwrap(seq + kStep, at);
    seq = seq + kStep;
  }
  EXPECT_EQ(at, ClientOffset(5 * kTwo32 / 4));
}

INSTANTIATE_TEST_SUITE_P(AroundTheWraps, SequenceMapAt,
                         testing::Values(0U, 1U, 1000U, 0x7ffffffeU, 0x7fffffffU, 0x80000000U,
                                         0x80000001U, 0xfffffffeU, 0xffffffffU));

TEST(SequenceMap, AnyByteCanBeTheReference) {
  const Map by_syn(ClientSeq(0xffffffff), ClientOffset(-1));
  const Map by_byte(ClientSeq(99), ClientOffset(99));
  const Map by_late_byte(ClientSeq(5), ClientOffset(kTwo32 + 5));
  for (const std::int64_t at : {std::int64_t{-3}, std::int64_t{0}, kTwo31, kTwo32}) {
    EXPECT_EQ(by_syn.wrap(ClientOffset(at)), by_byte.wrap(ClientOffset(at)));
    EXPECT_EQ(by_syn.wrap(ClientOffset(at)), by_late_byte.wrap(ClientOffset(at)));
  }
}

}  // namespace
}  // namespace tcpcopy
