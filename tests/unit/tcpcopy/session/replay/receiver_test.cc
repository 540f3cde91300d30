// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/replay/receiver.hh"

#include <gtest/gtest.h>

#include <vector>

#include "tcpcopy/session/limits.hh"

namespace tcpcopy::session {
namespace {

constexpr std::uint32_t kMss = 1000;

class ReceiverTest : public ::testing::Test {
 protected:
  bool take(std::int64_t at, std::uint32_t length, bool fin = false) {
    return receiver_.on_segment(TargetOffset(at), length, fin, {rtt_, kMss}, now_);
  }
  std::int64_t ack() const { return receiver_.ack(now_).value; }
  void send_ack() { receiver_.on_ack_sent(now_); }
  std::vector<std::int64_t> sack_begins() const {
    std::vector<std::int64_t> begins;
    const Receiver::Gaps gaps = receiver_.sack_blocks();
    for (std::uint8_t i = 0; i < gaps.count; ++i)
      begins.push_back(gaps.blocks[i].begin.value);
    return begins;
  }

  Duration rtt_{0};
  Instant now_{1000s};
  Receiver receiver_;
};

TEST_F(ReceiverTest, SecondFullSegmentIsAcknowledgedAtOnce) {
  EXPECT_TRUE(take(0, kMss));
  EXPECT_EQ(receiver_.ack_due(), now_ + kDelayedAck);
  EXPECT_TRUE(take(kMss, kMss));
  EXPECT_EQ(receiver_.ack_due(), now_);
  EXPECT_EQ(ack(), 2 * kMss);
  send_ack();
  EXPECT_EQ(receiver_.ack_due(), kNever);
  EXPECT_EQ(receiver_.last_ack_sent(), TargetOffset(2 * kMss));
}

TEST_F(ReceiverTest, ARepetitionIsNoNewsAndIsAcknowledgedAtOnce) {
  take(0, 100);
  send_ack();
  EXPECT_FALSE(take(0, 100));
  EXPECT_EQ(receiver_.ack_due(), now_);
  EXPECT_EQ(receiver_.rcv_nxt(), TargetOffset(100));
}

TEST_F(ReceiverTest, WhatOverlapsCountsOnce) {
  take(0, 100);
  EXPECT_TRUE(take(50, 100));
  EXPECT_EQ(receiver_.rcv_nxt(), TargetOffset(150));
}

TEST_F(ReceiverTest, NothingBehindAGapIsAcknowledged) {
  EXPECT_TRUE(take(100, 100));
  EXPECT_EQ(ack(), 0);
  EXPECT_EQ(receiver_.ack_due(), now_);
  EXPECT_TRUE(receiver_.has_gap());
  EXPECT_EQ(receiver_.highest(), TargetOffset(200));
  EXPECT_TRUE(take(0, 100));
  EXPECT_EQ(ack(), 200);
  EXPECT_FALSE(receiver_.has_gap());
}

TEST_F(ReceiverTest, ASegmentThatTouchesTwoRangesJoinsThem) {
  take(100, 100);
  take(300, 100);
  take(200, 100);
  EXPECT_EQ(sack_begins(), std::vector<std::int64_t>{100});
  take(0, 100);
  EXPECT_EQ(ack(), 400);
}

// RFC 2018, 4: the block that holds the latest segment comes first.
TEST_F(ReceiverTest, TheLatestBlockComesFirst) {
  take(100, 10);
  take(300, 10);
  take(500, 10);
  take(700, 10);
  EXPECT_EQ(sack_begins(), (std::vector<std::int64_t>{700, 100, 300}));
  take(310, 10);
  EXPECT_EQ(sack_begins(), (std::vector<std::int64_t>{300, 100, 500}));
}

TEST_F(ReceiverTest, RangesBehindGapsAreBounded) {
  int taken = 0;
  for (std::int64_t at = 2; at < 2000; at += 2)
    taken += take(at, 1) ? 1 : 0;
  EXPECT_EQ(taken, 32);
  EXPECT_TRUE(take(0, 2)) << "what fills the first gap is always taken";
}

TEST_F(ReceiverTest, TheFinTakesANumber) {
  take(0, 100, true);
  EXPECT_TRUE(receiver_.fin_received());
  EXPECT_EQ(ack(), 101);
  EXPECT_EQ(receiver_.ack_due(), now_);
}

TEST_F(ReceiverTest, AFinBehindAGapIsNotReceived) {
  take(100, 0, true);
  EXPECT_FALSE(receiver_.fin_received());
  take(0, 100);
  EXPECT_TRUE(receiver_.fin_received());
}

// RFC 9293, 3.8.4.
TEST_F(ReceiverTest, AKeepAliveProbeIsAnswered) {
  take(0, 100);
  send_ack();
  EXPECT_FALSE(take(100, 0));
  EXPECT_EQ(receiver_.ack_due(), kNever);
  EXPECT_FALSE(take(99, 0));
  EXPECT_EQ(receiver_.ack_due(), now_);
}

TEST_F(ReceiverTest, AcksOfAFarClientArriveARoundTripLater) {
  rtt_ = 100ms;
  take(0, kMss);
  take(kMss, kMss);
  EXPECT_EQ(receiver_.ack_due(), now_ + 100ms);
  EXPECT_EQ(ack(), 0) << "it is on its way";
  now_ += 100ms;
  EXPECT_EQ(ack(), 2 * kMss);
  send_ack();
  EXPECT_EQ(receiver_.ack_due(), kNever);
}

TEST_F(ReceiverTest, AFarClientsAcksAreOneAfterTheOther) {
  rtt_ = 100ms;
  take(0, kMss);
  take(kMss, kMss);
  now_ += 50ms;
  take(2 * kMss, kMss);
  take(3 * kMss, kMss);
  now_ += 50ms;
  EXPECT_EQ(ack(), 2 * kMss);
  send_ack();
  EXPECT_EQ(receiver_.ack_due(), now_ + 50ms);
}

TEST_F(ReceiverTest, AGapIsToldAtOnceWhateverIsOnItsWay) {
  rtt_ = 100ms;
  take(0, kMss);
  take(2 * kMss, kMss);
  EXPECT_EQ(receiver_.ack_due(), now_);
  EXPECT_EQ(ack(), kMss);
}

}  // namespace
}  // namespace tcpcopy::session
