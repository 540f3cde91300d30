// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/replay/connection.hh"

#include <gtest/gtest.h>

#include <vector>

#include "tcpcopy/session/limits.hh"

namespace tcpcopy::session {
namespace {

constexpr std::uint32_t kIss = 1000;
constexpr std::uint32_t kTargetIss = 5000;
const Endpoint kClient{Address::v4(0x0a4d000a), 40001};
const Endpoint kTarget{Address::v4(0x0a4d001e), 8080};

class ConnectionTest : public ::testing::Test, public PacketSink, public RouteSink {
 protected:
  void send(const ReplaySegment& segment, std::span<const Bytes>) override {
    sent_.push_back(segment);
  }
  bool announce(const FlowKey&) override {
    ++routes_;
    return true;
  }

  Context ctx() { return {settings_, *this, *this, ledger_, now_}; }
  void open() {
    connection_.open({ClientOffset(0), Seq<space::Replay>(kIss), OnlineOffset(0)}, facts_, ctx());
  }
  Connection::Event answer(std::uint8_t flags, std::uint32_t seq, std::uint32_t ack,
                           std::uint32_t length = 0) {
    Response response;
    response.source = kTarget;
    response.destination = kClient;
    response.flags = {flags};
    response.seq = Seq<space::Target>(kTargetIss + seq);
    response.ack = Seq<space::Replay>(kIss + ack);
    response.window = 65535;
    response.options = theirs_;
    response.payload_length = length;
    return connection_.on_response(response, facts_, ctx());
  }
  void shake_hands() {
    open();
    ASSERT_EQ(answer(TcpFlags::kSyn | TcpFlags::kAck, 0, 1), Connection::Event::kOpened);
    connection_.on_client_ready(now_);
    connection_.send_due_ack(facts_, ctx());
    sent_.clear();
  }
  ReplaySegment last() const { return sent_.empty() ? ReplaySegment() : sent_.back(); }

  Settings settings_;
  TcpOptions theirs_;
  Ledger ledger_;
  TargetHabits habits_;
  SessionFacts facts_{{kClient, kTarget}, {}, &habits_, {}};
  Instant now_{1000s};
  std::vector<ReplaySegment> sent_;
  int routes_ = 0;
  ClientStream stream_;
  Connection connection_;
};

TEST_F(ConnectionTest, OpensWithTheClientsOffer) {
  facts_.offer.options.mss = 1000;
  facts_.offer.options.sack_permitted = true;
  facts_.offer.syn_window = 12345;
  open();
  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_TRUE(last().flags.syn());
  EXPECT_EQ(last().seq, Seq<space::Replay>(kIss));
  EXPECT_EQ(last().window, 12345);
  EXPECT_EQ(last().options.mss, 1000);
  EXPECT_TRUE(last().options.sack_permitted);
}

TEST_F(ConnectionTest, OffersNoMoreThanTheWayTakes) {
  settings_.mtu = 576;
  facts_.offer.options.mss = 1460;
  open();
  EXPECT_EQ(last().options.mss, 536);
}

// A SYN alone makes no connection at the target.
TEST_F(ConnectionTest, TheHandshakeIsCompletedForAClientThatCompletedItsOwn) {
  open();
  EXPECT_EQ(answer(TcpFlags::kSyn | TcpFlags::kAck, 0, 1), Connection::Event::kOpened);
  connection_.send_due_ack(facts_, ctx());
  EXPECT_EQ(sent_.size(), 1U) << "the SYN";
  connection_.on_client_ready(now_);
  connection_.send_due_ack(facts_, ctx());
  ASSERT_EQ(sent_.size(), 2U);
  EXPECT_EQ(last().ack, Seq<space::Target>(kTargetIss + 1));
}

TEST_F(ConnectionTest, ASynIsSentAgainUntilItIsEnough) {
  open();
  int syns = 1;
  for (; connection_.deadline() != kNever; ++syns) {
    now_ = connection_.deadline();
    if (!connection_.on_deadline(facts_, ctx())) break;
  }
  EXPECT_EQ(syns, kMaxSynTransmissions);
  EXPECT_EQ(routes_, kMaxSynTransmissions - 1) << "announced again with each";
}

// RFC 9293, 3.10.7.3.
TEST_F(ConnectionTest, ARefusalMustAcknowledgeTheSyn) {
  open();
  EXPECT_EQ(answer(TcpFlags::kRst | TcpFlags::kAck, 0, 7), Connection::Event::kNone);
  EXPECT_EQ(answer(TcpFlags::kRst, 0, 1), Connection::Event::kNone);
  EXPECT_EQ(answer(TcpFlags::kRst | TcpFlags::kAck, 0, 1), Connection::Event::kRefused);
  EXPECT_EQ(connection_.state(), Connection::State::kClosed);
}

// 3.5.1.
TEST_F(ConnectionTest, AnOlderConnectionOnThesePortsIsEnded) {
  open();
  answer(TcpFlags::kAck, 0, 777);
  ASSERT_EQ(sent_.size(), 3U);
  EXPECT_TRUE(sent_[1].flags.rst());
  EXPECT_EQ(sent_[1].seq, Seq<space::Replay>(kIss + 777));
  EXPECT_TRUE(sent_[2].flags.syn());
}

TEST_F(ConnectionTest, OptionsAreThoseOfBoth) {
  facts_.offer.options.timestamps = TcpOptions::Timestamps{100, 0};
  facts_.offer.options.window_scale = 3;
  theirs_.timestamps = TcpOptions::Timestamps{7, 100};
  shake_hands();
  answer(TcpFlags::kAck | TcpFlags::kPsh, 1, 1, 2000);
  now_ += 1s;
  connection_.send_due_ack(facts_, ctx());
  ASSERT_FALSE(sent_.empty());
  ASSERT_TRUE(last().options.timestamps.has_value());
  EXPECT_EQ(last().options.timestamps->echo, 7U);
  EXPECT_EQ(last().window, 65535 - 2000) << "not scaled: the target offered no scale";
}

TEST_F(ConnectionTest, AResetMustStandWhereTheTargetIs) {
  shake_hands();
  EXPECT_EQ(answer(TcpFlags::kRst, 2, 1), Connection::Event::kNone);
  EXPECT_EQ(ledger_.refused[static_cast<std::size_t>(Refusal::kResetInWindow)], 1U);
  EXPECT_EQ(answer(TcpFlags::kRst, 1, 1), Connection::Event::kReset);
}

TEST_F(ConnectionTest, IsFinishedWhenBothSidesHaveClosed) {
  shake_hands();
  stream_.set_fin(ClientOffset(0), OnlineOffset(0));
  connection_.send(stream_, false, facts_, ctx());
  EXPECT_TRUE(connection_.fin_sent());
  answer(TcpFlags::kFin | TcpFlags::kAck, 1, 1);
  EXPECT_TRUE(connection_.target_closed());
  EXPECT_FALSE(connection_.finished());
  answer(TcpFlags::kAck, 2, 2);
  EXPECT_TRUE(connection_.finished());
}

TEST_F(ConnectionTest, WhatIsLeftOutHasNoNumbers) {
  shake_hands();
  const std::array<std::byte, 100> bytes{};
  stream_.insert(ClientOffset(0), bytes, {OnlineOffset(0), now_, true});
  stream_.insert(ClientOffset(100), bytes, {OnlineOffset(0), now_, true});
  connection_.skip_to(ClientOffset(100));
  connection_.send(stream_, false, facts_, ctx());
  EXPECT_EQ(last().seq, Seq<space::Replay>(kIss + 1));
  EXPECT_EQ(last().payload_length, 100U);
  answer(TcpFlags::kAck, 1, 101);
  EXPECT_EQ(connection_.snd_una(), ClientOffset(200));
}

TEST_F(ConnectionTest, TheNextOneBeginsClearOfItsNumbers) {
  shake_hands();
  const auto clear = static_cast<std::int32_t>(connection_.next_iss().raw - kIss);
  EXPECT_GT(clear, 1 << 20) << "of what may be in flight";
}

}  // namespace
}  // namespace tcpcopy::session
