// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/replay/turns.hh"

#include <gtest/gtest.h>

#include <array>

#include "tcpcopy/session/limits.hh"

namespace tcpcopy::session {
namespace {

/// A client that asks in requests of 100 bytes, and a target that takes each at once.
class TurnsTest : public ::testing::Test {
 protected:
  TurnsTest() { turns_.open(ClientOffset(0), OnlineOffset(0)); }

  /// Captures the next request, of a client that has seen so much of the online server.
  void ask(std::int64_t seen) {
    const std::array<std::byte, 100> bytes{};
    stream_.insert(stream_.seen_end(), bytes, {OnlineOffset(seen), now_, true});
    judge();
  }
  void answer(std::uint32_t length, bool ends = true) {
    received_ += length;
    turns_.on_response({snd_nxt_, ends, !acked_, Duration(0)}, habits_, now_);
    acked_ = true;
    judge();
  }
  void judge() {
    const Turns::Progress progress{snd_nxt_,   TargetOffset(received_), gap_, closed_, hurried_,
                                   Duration(0)};
    turns_.judge(stream_, progress, ordered_, habits_, now_, ledger_);
    if (turns_.limit() > snd_nxt_) acked_ = false;
    snd_nxt_ = turns_.limit();
    if (turns_.on_sent(snd_nxt_, now_)) ++sent_;
  }
  /// Lets time pass, as the caller of deadline() does.
  void wait(Duration duration) {
    const Instant end = now_ + duration;
    while (turns_.deadline() <= end) {
      now_ = std::max(now_, turns_.deadline());
      judge();
    }
    now_ = end;
  }
  std::int64_t allowed() const { return turns_.limit().value; }

  Turns turns_;
  ClientStream stream_;
  TargetHabits habits_;
  Ledger ledger_;
  Instant now_{1000s};
  ClientOffset snd_nxt_;
  std::int64_t received_ = 0;
  int sent_ = 0;
  bool acked_ = false;
  bool ordered_ = true;
  bool gap_ = false;
  bool closed_ = false;
  bool hurried_ = false;
};

TEST_F(TurnsTest, WhatFollowsWithoutAnAnswerIsOfTheSameTurn) {
  ask(0);
  ask(0);
  EXPECT_EQ(allowed(), 200);
}

TEST_F(TurnsTest, EachIsCountedOnce) {
  ask(0);
  ask(0);
  EXPECT_EQ(sent_, 1);
  answer(100);
  ask(100);
  EXPECT_EQ(sent_, 2);
  answer(100);
  stream_.set_fin(ClientOffset(300), OnlineOffset(200));
  judge();
  EXPECT_TRUE(turns_.fin_allowed());
  EXPECT_EQ(sent_, 2) << "an end asks nothing";
}

TEST_F(TurnsTest, TheNextRequestWaitsForTheAnswer) {
  ask(0);
  ask(50);
  EXPECT_EQ(allowed(), 100);
  answer(50);
  EXPECT_EQ(allowed(), 200) << "it is as long as what the client had seen";
  EXPECT_EQ(ledger_.turn_quiets, 0U);
}

TEST_F(TurnsTest, AnAnswerOfAnotherLengthIsOverAfterASilence) {
  ask(0);
  ask(50);
  answer(20);
  EXPECT_EQ(allowed(), 100);
  wait(kMinQuiet);
  EXPECT_EQ(allowed(), 200);
  EXPECT_EQ(ledger_.turn_quiets, 1U);
}

TEST_F(TurnsTest, ABurstThatGoesOnIsNotOver) {
  ask(0);
  ask(50);
  answer(20, false);
  wait(10 * kMinQuiet);
  EXPECT_EQ(allowed(), 100);
  wait(kMaxQuiet);
  EXPECT_EQ(allowed(), 200);
}

TEST_F(TurnsTest, AGapIsNoEnd) {
  ask(0);
  ask(50);
  gap_ = true;
  answer(20);
  wait(kMaxQuiet);
  EXPECT_EQ(allowed(), 100);
}

TEST_F(TurnsTest, WithoutOrderNothingWaits) {
  ordered_ = false;
  ask(0);
  ask(50);
  EXPECT_EQ(allowed(), 200);
}

TEST_F(TurnsTest, ATargetThatHasClosedIsNotWaitedFor) {
  ask(0);
  closed_ = true;
  ask(50);
  EXPECT_EQ(allowed(), 200);
}

TEST_F(TurnsTest, EachWaitInVainHalvesTheNext) {
  ask(0);
  ask(50);
  wait(kMaxTurnWait - 1ms);
  EXPECT_EQ(allowed(), 100);
  wait(1ms);
  EXPECT_EQ(allowed(), 200);
  ask(100);
  wait(kMaxTurnWait / 2);
  EXPECT_EQ(allowed(), 300);
  EXPECT_EQ(ledger_.turn_expiries, 2U);
}

// HTTP/2's flow control, WebSocket: the target has always said as much already.
TEST_F(TurnsTest, WhereBothTalkAtOnceGatesStayOpen) {
  answer(10'000);
  for (int i = 0; i < 3; ++i) {
    ask(i * 50);
    wait(kMaxTurnWait);
  }
  ask(150);
  EXPECT_EQ(allowed(), 400);
}

TEST_F(TurnsTest, AGreetingIsWaitedFor) {
  ask(30);
  EXPECT_EQ(allowed(), 0);
  answer(30);
  EXPECT_EQ(allowed(), 100);
}

TEST_F(TurnsTest, AFinWaitsForTheAnswerThatTheClientSaw) {
  ask(0);
  stream_.set_fin(ClientOffset(100), OnlineOffset(50));
  judge();
  EXPECT_FALSE(turns_.fin_allowed());
  answer(50);
  EXPECT_TRUE(turns_.fin_allowed());
}

TEST_F(TurnsTest, AFinOfAClientThatSawNoAnswerGoesAtOnce) {
  ask(0);
  stream_.set_fin(ClientOffset(100), OnlineOffset(0));
  judge();
  EXPECT_TRUE(turns_.fin_allowed());
}

TEST_F(TurnsTest, AnEndWaitsLongForATargetThatSaysNothing) {
  ask(0);
  stream_.set_reset(ClientOffset(100), OnlineOffset(50));
  judge();
  wait(kMaxEndWait - 1ms);
  EXPECT_FALSE(turns_.reset_allowed());
  wait(1ms);
  EXPECT_TRUE(turns_.reset_allowed());
}

TEST_F(TurnsTest, AnEndThatIsHurriedDoesNot) {
  hurried_ = true;
  ask(0);
  stream_.set_reset(ClientOffset(100), OnlineOffset(50));
  judge();
  wait(kHurriedEnd);
  EXPECT_TRUE(turns_.reset_allowed());
}

TEST_F(TurnsTest, AnswersAreCounted) {
  ask(0);
  answer(50);
  ask(50);
  answer(50);
  EXPECT_EQ(turns_.answered(), 2U);
  EXPECT_TRUE(turns_.owed(OnlineOffset(150)));
  EXPECT_FALSE(turns_.owed(OnlineOffset(50)));
}

TEST_F(TurnsTest, ANewConnectionCountsFromItsFirstByte) {
  ask(0);
  answer(50);
  stream_.release_to(ClientOffset(100));
  turns_.open(ClientOffset(100), OnlineOffset(50));
  snd_nxt_ = ClientOffset(100);
  received_ = 0;
  ask(50);
  EXPECT_EQ(allowed(), 200) << "it waits for no answer of the connection before";
  ask(90);
  EXPECT_EQ(allowed(), 200);
  answer(40);
  EXPECT_EQ(allowed(), 300);
}

}  // namespace
}  // namespace tcpcopy::session
