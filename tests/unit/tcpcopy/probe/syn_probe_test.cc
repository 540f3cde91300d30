// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/probe/syn_probe.hh"

#include <gtest/gtest.h>

#include <vector>

namespace tcpcopy::probe {
namespace {

using Answer = SynProbe::Answer;

constexpr std::uint32_t kIss = 0xfffffff0;
constexpr std::uint8_t kAck = TcpFlags::kAck;
const FlowKey kFlow{{Address::v4(0x0a4d000a), 50001}, {Address::v4(0x0a4d001e), 8080}};

class SynProbeTest : public ::testing::Test, public PacketSink, public RouteSink {
 protected:
  void send(const ReplaySegment& segment, std::span<const Bytes> payload) override {
    EXPECT_TRUE(payload.empty());
    EXPECT_EQ(segment.source, kFlow.client);
    sent_.push_back(segment);
  }
  bool announce(const FlowKey& flow) override {
    EXPECT_EQ(flow, kFlow);
    EXPECT_EQ(sent_.size(), static_cast<std::size_t>(routes_)) << "in front of its SYN";
    ++routes_;
    return true;
  }
  void wait(Duration duration) {
    const Instant end = now_ + duration;
    for (; probe_.deadline() <= end; probe_.advance(now_, *this, *this))
      now_ = std::max(now_, probe_.deadline());
    now_ = end;
  }
  void answer(std::uint8_t flags, std::uint32_t ack, const Endpoint& from = kFlow.server) {
    Response response;
    response.source = from;
    response.destination = kFlow.client;
    response.seq = Seq<space::Target>(7000);
    response.ack = Seq<space::Replay>(ack);
    response.flags = {flags};
    probe_.on_response(response, now_);
  }

  Instant now_{std::chrono::seconds(1000)};
  std::vector<ReplaySegment> sent_;
  int routes_ = 0;
  SynProbe probe_{kFlow, Seq<space::Replay>(kIss), true};
};

TEST_F(SynProbeTest, AsksThreeTimesAndCleansUp) {
  wait(std::chrono::seconds(10));
  ASSERT_EQ(sent_.size(), 4U);
  for (int i = 0; i < SynProbe::kTries; ++i)
    EXPECT_TRUE(sent_[static_cast<std::size_t>(i)].flags.syn());
  EXPECT_TRUE(sent_.back().flags.rst());
  EXPECT_TRUE(probe_.done());
  EXPECT_EQ(probe_.result().answer, Answer::kNone);
}

TEST_F(SynProbeTest, AnAnswerAcknowledgesItsNumber) {
  wait(Duration(0));
  answer(TcpFlags::kSyn | kAck, kIss);                                 // another's
  answer(TcpFlags::kSyn | kAck, kIss + 1, {kFlow.server.address, 1});  // another's
  answer(kAck, kIss + 1);                                              // no answer
  EXPECT_EQ(probe_.result().answer, Answer::kNone);
  now_ += std::chrono::milliseconds(3);
  answer(TcpFlags::kSyn | kAck, kIss + 1);
  EXPECT_EQ(probe_.result().answer, Answer::kSynAck);
  EXPECT_EQ(probe_.result().took, std::chrono::milliseconds(3));
}

TEST_F(SynProbeTest, AConnectionThatHoldsIsClosed) {
  wait(Duration(0));
  answer(TcpFlags::kSyn | kAck, kIss + 1);
  wait(std::chrono::seconds(2));
  ASSERT_EQ(sent_.size(), 3U);
  EXPECT_EQ(sent_[1].flags.bits, kAck);
  EXPECT_EQ(sent_[1].seq, Seq<space::Replay>(kIss + 1));
  EXPECT_EQ(sent_[1].ack, Seq<space::Target>(7001));
  EXPECT_TRUE(sent_[2].flags.rst());
  EXPECT_FALSE(probe_.result().reset_when_acknowledged);
  EXPECT_TRUE(probe_.done());
}

TEST_F(SynProbeTest, AResetOfOurAckIsSeen) {
  wait(Duration(0));
  answer(TcpFlags::kSyn | kAck, kIss + 1);
  wait(SynProbe::kSettle);
  answer(TcpFlags::kRst, 0);
  EXPECT_TRUE(probe_.result().reset_when_acknowledged);
}

TEST_F(SynProbeTest, ARefusalEndsIt) {
  wait(Duration(0));
  answer(TcpFlags::kRst | kAck, kIss + 1);
  EXPECT_EQ(probe_.result().answer, Answer::kReset);
  EXPECT_TRUE(probe_.done());
  EXPECT_EQ(probe_.deadline(), kNever);
}

TEST_F(SynProbeTest, WhatLeavesIsKnownByItsNumber) {
  probe_.on_leaving(Address::v4(1), Seq<space::Replay>(kIss + 1));
  EXPECT_FALSE(probe_.result().left_as.has_value());
  probe_.on_leaving(Address::v4(2), Seq<space::Replay>(kIss));
  EXPECT_EQ(probe_.result().left_as, Address::v4(2));
}

}  // namespace
}  // namespace tcpcopy::probe
