// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/capture/cut_packets.hh"

#include <gtest/gtest.h>

namespace tcpcopy::capture {
namespace {

class Cut : public testing::TestWithParam<std::uint32_t> {
 protected:
  ClientSegment segment(std::uint32_t seq, std::uint32_t length, std::uint16_t port = 40000) const {
    ClientSegment made;
    made.source = {Address::v4(1), port};
    made.destination = {Address::v4(2), 80};
    made.seq = Seq<space::Client>(GetParam() + seq);
    made.payload_length = length;
    made.flags.bits = TcpFlags::kAck;
    return made;
  }
  void whole(std::uint32_t seq, std::uint32_t length) {
    packets_.add(segment(seq, length), 0, counters_);
  }
  void cut(std::uint32_t seq, std::uint32_t length, std::uint16_t port = 40000) {
    packets_.add(segment(seq + length, 0, port), length, counters_);
  }

  CutPackets packets_;
  net::CaptureCounters counters_;
};

INSTANTIATE_TEST_SUITE_P(Numbers, Cut, testing::Values(0U, 0x7ffffff0U, 0xfffffff0U));

TEST_P(Cut, WhatIsCutIsMissing) {
  whole(0, 10);
  cut(10, 90);
  whole(100, 10);
  EXPECT_EQ(counters_.cut_packets, 1U);
  EXPECT_EQ(counters_.cut_bytes, 90U);
}

TEST_P(Cut, WhatComesAgainAsAWholeIsNot) {
  cut(10, 90);
  whole(10, 90);
  EXPECT_EQ(counters_.cut_packets, 1U);
  EXPECT_EQ(counters_.cut_bytes, 0U);
  whole(10, 90);
  EXPECT_EQ(counters_.cut_bytes, 0U);
}

TEST_P(Cut, ItMayComeInPieces) {
  cut(0, 100);
  whole(40, 20);
  EXPECT_EQ(counters_.cut_bytes, 80U);
  whole(50, 20);
  EXPECT_EQ(counters_.cut_bytes, 70U);
  whole(0, 40);
  EXPECT_EQ(counters_.cut_bytes, 30U);
  whole(60, 400);
  EXPECT_EQ(counters_.cut_bytes, 0U);
}

TEST_P(Cut, CutTwiceItIsMissingOnce) {
  cut(0, 100);
  cut(50, 100);
  cut(0, 100);
  EXPECT_EQ(counters_.cut_packets, 3U);
  EXPECT_EQ(counters_.cut_bytes, 150U);
  whole(0, 150);
  EXPECT_EQ(counters_.cut_bytes, 0U);
}

TEST_P(Cut, OtherConnectionsDoNotFillIt) {
  cut(0, 100);
  packets_.add(segment(0, 100, 40001), 0, counters_);
  EXPECT_EQ(counters_.cut_bytes, 100U);
  ClientSegment syn = segment(0, 0);
  syn.flags.bits = TcpFlags::kSyn;
  packets_.add(syn, 0, counters_);
  whole(0, 100);
  EXPECT_EQ(counters_.cut_bytes, 100U) << "of a new connection on the same ports";
}

TEST_P(Cut, BeyondTheLimitsTheyStayMissing) {
  for (std::uint32_t i = 0; i <= CutPackets::kMaxRanges; ++i)
    cut(200 * i, 100);
  whole(0, 200 * (CutPackets::kMaxRanges + 1));
  EXPECT_EQ(counters_.cut_bytes, 100U);
}

}  // namespace
}  // namespace tcpcopy::capture
