// SPDX-License-Identifier: BSD-3-Clause
// A target that does not behave as the online server did.
#include "tests/scenario/numbers.hh"

namespace tcpcopy::test {
namespace {

using session::LossReason;
using Divergence = Scenario;
FOR_ALL_NUMBERS(Divergence);

std::uint64_t bytes_lost(const Conversation& talk, LossReason reason) {
  return talk.ledger().lost[static_cast<std::size_t>(reason)].bytes;
}
std::uint64_t sessions_lost(const Conversation& talk, LossReason reason) {
  return talk.ledger().sessions_lost[static_cast<std::size_t>(reason)];
}

std::string get(int number) { return "GET /" + std::to_string(100 + number) + " H\r\n\r\n"; }
constexpr std::int64_t kGet = 14;  // bytes of a request

// The client's next request, after it has seen `seen` bytes of the online server.
void request(Conversation& talk, int number, std::int64_t seen) {
  talk.client(seg("PA").seq(1 + number * kGet).ack(1 + seen).says(get(number)));
}

TEST_P(Divergence, ShorterAnswersEndWithAShortSilence) {
  Conversation talk(GetParam());
  talk.shake_hands();
  request(talk, 0, 0);
  talk.expect(seg("PA").seq(1).says(get(0)));
  request(talk, 1, 2000);
  talk.target(seg("PA").seq(1).ack(1 + kGet).len(200));
  talk.expect_nothing();
  talk.wait(5ms);
  talk.expect(seg("PA").seq(1 + kGet).ack(201).says(get(1)));
}

TEST_P(Divergence, LongerAnswersAreWaitedForToTheirEnd) {
  Conversation talk(GetParam());
  talk.shake_hands();
  request(talk, 0, 0);
  talk.expect(seg("PA").seq(1).says(get(0)));
  request(talk, 1, 200);
  talk.target(seg("A").seq(1).ack(1 + kGet).len(536));
  talk.expect_nothing();
  talk.target(seg("PA").seq(537).ack(1 + kGet).len(100));
  talk.expect_nothing();
  talk.wait(5ms);
  talk.expect(seg("PA").seq(1 + kGet).ack(637).says(get(1)));
}

TEST_P(Divergence, AfterAThinkTimeARequestGoesAtOnce) {
  Conversation talk(GetParam());
  talk.shake_hands();
  request(talk, 0, 0);
  talk.expect(seg("PA").seq(1).says(get(0)));
  talk.target(seg("PA").seq(1).ack(1 + kGet).len(200));
  talk.wait(50ms);
  talk.expect(seg("A").ack(201).seq(1 + kGet));
  request(talk, 1, 2000);
  talk.expect(seg("PA").seq(1 + kGet).ack(201).says(get(1)));
}

// What was learned of one answer holds for the next, and for other sessions of the target.
TEST_P(Divergence, PausesWithinAnswersAreLearned) {
  Conversation talk(GetParam());
  talk.shake_hands();
  request(talk, 0, 0);
  talk.expect(seg("PA").seq(1).says(get(0)));
  request(talk, 1, 2000);
  talk.target(seg("PA").seq(1).ack(1 + kGet).len(100));
  talk.wait(30ms);  // too long for a silence that nobody knows
  talk.expect(seg("PA").seq(1 + kGet).ack(101).says(get(1)));
  talk.target(seg("PA").seq(101).ack(1 + kGet).len(100));  // but it goes on
  talk.target(seg("PA").seq(201).ack(1 + 2 * kGet).len(100));
  request(talk, 2, 4000);
  talk.wait(30ms);
  talk.expect_nothing();
  talk.wait(10ms);
  talk.expect(seg("PA").seq(1 + 2 * kGet).ack(301).says(get(2)));
}

// Answers of the target that take 10 ms each, until their time is known.
void learn_answer_time(Conversation& talk, int requests) {
  talk.shake_hands();
  for (int i = 0; i < requests; ++i) {
    request(talk, i, i * 100);
    talk.expect(seg("PA").seq(1 + i * kGet).says(get(i)));
    talk.wait(10ms);
    talk.target(seg("PA").seq(1 + i * 100).ack(1 + (i + 1) * kGet).len(100));
  }
}

TEST_P(Divergence, AnAnswerThatNeverComesIsWaitedForAsLongAsAnswersTake) {
  Conversation talk(GetParam());
  learn_answer_time(talk, 40);
  request(talk, 40, 4000);
  talk.expect(seg("PA").seq(1 + 40 * kGet).says(get(40)));
  talk.target(seg("A").seq(4001).ack(1 + 41 * kGet));
  request(talk, 41, 4100);
  talk.wait(50ms);
  talk.expect_nothing();
  talk.wait(200ms);
  talk.expect(seg("PA").seq(1 + 41 * kGet).says(get(41)));
  EXPECT_EQ(talk.ledger().turn_expiries, 1U);
}

TEST_P(Divergence, TheFirstRequestBehindAFinGoesToANewConnection) {
  Conversation talk(GetParam());
  talk.shake_hands();
  request(talk, 0, 0);
  talk.expect(seg("PA").seq(1).says(get(0)));
  talk.target(seg("PA").seq(1).ack(1 + kGet).len(100));
  talk.wait(3s);
  talk.target(seg("FA").seq(101).ack(1 + kGet));
  talk.wait(500ms);
  talk.expect(seg("A").ack(101).seq(1 + kGet));
  talk.expect(seg("A").ack(102).seq(1 + kGet));
  request(talk, 1, 100);
  talk.expect(seg("RA").seq(1 + kGet).ack(102));
  talk.expect_reconnect(1 + kGet);
  talk.target(seg("SA").seq(0).ack(1 + kGet));
  talk.expect(seg("PA").seq(1 + kGet).ack(1).says(get(1)));
  EXPECT_EQ(talk.ledger().lost_in_all().bytes, 0U);
}

// It had not been read when the target closed, so nobody has acted on it.
TEST_P(Divergence, ARequestThatCrossedAFinIsSentAgain) {
  Conversation talk(GetParam());
  talk.shake_hands();
  request(talk, 0, 0);
  talk.expect(seg("PA").seq(1).says(get(0)));
  talk.target(seg("PA").seq(1).ack(1 + kGet).len(100));
  talk.wait(1s);
  talk.expect(seg("A").ack(101).seq(1 + kGet));
  request(talk, 1, 100);
  talk.expect(seg("PA").seq(1 + kGet).says(get(1)));
  talk.target(seg("FA").seq(101).ack(1 + kGet));
  talk.expect(seg("A").ack(102).seq(1 + 2 * kGet));
  talk.target(seg("R").seq(102));
  talk.expect_reconnect(1 + kGet);
  talk.target(seg("SA").seq(0).ack(1 + kGet));
  talk.expect(seg("PA").seq(1 + kGet).ack(1).says(get(1)));
  EXPECT_EQ(talk.ledger().lost_in_all().bytes, 0U);
}

// It was reset as a connection is that was idle for too long: clients ask again, once.
TEST_P(Divergence, ARequestThatAnAnsweringTargetResetsIsAskedOnceMore) {
  Conversation talk(GetParam());
  talk.shake_hands();
  request(talk, 0, 0);
  talk.expect(seg("PA").seq(1).says(get(0)));
  talk.target(seg("PA").seq(1).ack(1 + kGet).len(100));
  talk.wait(2s);
  talk.expect(seg("A").ack(101).seq(1 + kGet));
  request(talk, 1, 100);
  talk.expect(seg("PA").seq(1 + kGet).says(get(1)));
  talk.target(seg("R").seq(101));
  talk.wait(1s);
  talk.expect_reconnect(1 + kGet);
  talk.target(seg("SA").seq(0).ack(1 + kGet));
  talk.expect(seg("PA").seq(1 + kGet).ack(1).says(get(1)));
  talk.target(seg("RA").seq(1).ack(1 + 2 * kGet));
  talk.wait(10s);
  talk.expect_nothing();
  EXPECT_EQ(bytes_lost(talk, LossReason::kTargetReset), static_cast<std::uint64_t>(kGet));
}

// An upload that is refused in its middle: what follows goes on when it has been taken.
TEST_P(Divergence, AnAnswerBeforeTheWholeRequestNeedsNoOtherBehindIt) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(1000));
  talk.expect(seg("A").seq(1).len(536));
  talk.expect(seg("PA").seq(537).len(464));
  talk.client(seg("PA").seq(1001).ack(2001).len(10));
  talk.target(seg("PA").seq(1).ack(537).len(200));
  talk.target(seg("A").seq(201).ack(1001));
  talk.wait(19ms);
  talk.expect_nothing();
  talk.wait(5ms);
  talk.expect(seg("PA").seq(1001).ack(201).len(10));
}

// The first byte of a request does not tell that it is one, but it may be.
TEST_P(Divergence, ARequestThatComesByteByByteGoesToANewConnectionAsAWhole) {
  Conversation talk(GetParam());
  talk.shake_hands();
  request(talk, 0, 0);
  talk.expect(seg("PA").seq(1).says(get(0)));
  talk.target(seg("FA").seq(1).ack(1 + kGet));
  talk.expect(seg("A").ack(2).seq(1 + kGet));
  talk.client(seg("PA").seq(1 + kGet).ack(1).says(get(1).substr(0, 1)));
  talk.expect(seg("RA").seq(1 + kGet).ack(2));
  talk.client(seg("PA").seq(2 + kGet).ack(1).says(get(1).substr(1)));
  talk.expect_reconnect(1 + kGet);
  talk.target(seg("SA").seq(0).ack(1 + kGet));
  talk.expect(seg("PA").seq(1 + kGet).ack(1).says(get(1)));
  EXPECT_EQ(talk.ledger().lost_in_all().bytes, 0U);
}

TEST_P(Divergence, WithoutTurnOrderAResetWaitsForNoAnswerThatWasNotSeen) {
  session::Settings settings;
  settings.turn_order = false;
  Conversation talk(GetParam(), settings);
  talk.shake_hands();
  talk.target(seg("PA").seq(1).ack(1).len(20));
  talk.client(seg("PA").seq(1).ack(21).len(10));
  talk.expect(seg("PA").seq(1).len(10));
  talk.target(seg("A").seq(21).ack(11));
  talk.client(seg("RA").seq(11).ack(21));
  talk.expect(seg("RA").seq(11).ack(21));
  talk.expect_ended();
}

// It destroys what has not been read, but no answer lasts for ever.
TEST_P(Divergence, AResetBehindAShorterAnswerWaitsForSeconds) {
  Conversation talk(GetParam());
  talk.shake_hands();
  request(talk, 0, 0);
  talk.expect(seg("PA").seq(1).says(get(0)));
  talk.target(seg("PA").seq(1).ack(1 + kGet).len(100));
  talk.client(seg("RA").seq(1 + kGet).ack(2001));
  talk.wait(3900ms);
  talk.expect(seg("A").seq(1 + kGet).ack(101));
  talk.expect_nothing();
  talk.wait(200ms);
  talk.expect(seg("RA").seq(1 + kGet).ack(101));
  talk.expect_ended();
}

// Production greets, the target says that it is busy, and closes.
TEST_P(Divergence, ABusyTargetIsNotStormed) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(31).len(10));
  for (int i = 0; i < 600; ++i) {
    talk.target(seg("PA").seq(1).ack(1).len(10));
    talk.target(seg("FA").seq(11).ack(1));
    talk.pass_over(1);
    talk.target(seg("SA").seq(0).ack(1));
    talk.wait(100ms);
    talk.pass_over(1);
    talk.client(seg("PA").seq(11 + 10 * i).ack(61 + 30 * i).len(10));
  }
  EXPECT_LE(talk.ledger().connections, 6U);
  EXPECT_EQ(sessions_lost(talk, LossReason::kTargetClosed), 1U);
  EXPECT_GT(bytes_lost(talk, LossReason::kGivenUp), 0U);
  EXPECT_EQ(talk.engine().sessions(), 0U);
  EXPECT_TRUE(talk.ledger().balanced());
}

TEST_P(Divergence, AClientThatConnectsAnewIsPlayedAgain) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0));
  talk.client(seg("A").seq(1).ack(1));
  for (int i = 0; i < 40; ++i) {
    talk.pass_over(1);
    talk.target(seg("SA").seq(0).ack(1));
    talk.target(seg("RA").seq(1).ack(1));
    talk.wait(1s);
    talk.client(seg("PA").seq(1 + 10 * i).ack(1 + 30 * i).len(10));
  }
  EXPECT_EQ(talk.engine().sessions(), 0U);
  talk.pass_over(1);
  talk.client(seg("S").seq(500'000));
  talk.expect_reconnect(500'001);
}

TEST_P(Divergence, ASynAckIsAcknowledgedForAClientThatAcknowledgedItsOwn) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  for (int i = 0; i < 4; ++i) {
    talk.target(seg("SA").seq(0).ack(1));
    talk.wait(1s);
    talk.expect_nothing();
  }
  talk.wait(60s);
  talk.expect(seg("RA").seq(1));
  talk.expect_ended();
  EXPECT_EQ(sessions_lost(talk, LossReason::kHalfOpen), 1U);
}

TEST_P(Divergence, ATargetWhoseApplicationSaysNothingIsSilent) {
  session::Settings settings;
  settings.session_timeout = 3s;
  Conversation talk(GetParam(), settings);
  talk.shake_hands();
  request(talk, 0, 0);
  talk.expect(seg("PA").seq(1).says(get(0)));
  talk.target(seg("A").seq(1).ack(1 + kGet));
  talk.client(seg("A").seq(1 + kGet).ack(101));
  talk.wait(2900ms);
  EXPECT_EQ(talk.engine().sessions(), 1U);
  talk.wait(200ms);
  talk.expect(seg("RA").seq(1 + kGet));
  talk.expect_ended();
  EXPECT_EQ(sessions_lost(talk, LossReason::kTargetSilent), 1U);
}

TEST_P(Divergence, AProtocolWithoutAnswersIsNotSilent) {
  session::Settings settings;
  settings.session_timeout = 3s;
  Conversation talk(GetParam(), settings);
  talk.shake_hands();
  for (int i = 0; i < 10; ++i) {
    request(talk, i, 0);
    talk.expect(seg("PA").seq(1 + i * kGet).says(get(i)));
    talk.target(seg("A").seq(1).ack(1 + (i + 1) * kGet));
    talk.wait(1s);
  }
  EXPECT_EQ(talk.engine().sessions(), 1U);
}

// It closed long ago and remembers nothing; its RST does not come either.
TEST_P(Divergence, ASessionEndsSoonAfterBothSides) {
  Conversation talk(GetParam());
  talk.shake_hands();
  request(talk, 0, 0);
  talk.expect(seg("PA").seq(1).says(get(0)));
  talk.target(seg("FPA").seq(1).ack(1 + kGet).len(100));
  talk.expect(seg("A").seq(1 + kGet).ack(102));
  talk.wait(70s);
  const std::size_t routes = talk.routes_added();
  talk.client(seg("FA").seq(1 + kGet).ack(101));
  talk.wait(4s);
  for (int i = 0; i < 4; ++i)
    talk.expect(seg("FA").seq(1 + kGet).ack(102));
  talk.expect(seg("RA").seq(2 + kGet).ack(102));
  talk.expect_ended();
  EXPECT_EQ(talk.ledger().sessions_completed, 1U);
  EXPECT_GT(talk.routes_added(), routes) << "its route may have been forgotten";
}

TEST_P(Divergence, AHalfCloseAsOnlineKeepsTheConnection) {
  Conversation talk(GetParam());
  talk.shake_hands();
  request(talk, 0, 0);
  talk.expect(seg("PA").seq(1).says(get(0)));
  talk.target(seg("FPA").seq(1).ack(1 + kGet).len(100));
  talk.expect(seg("A").seq(1 + kGet).ack(102));
  request(talk, 1, 101);  // the client had seen the online server's FIN, and goes on
  talk.expect(seg("PA").seq(1 + kGet).ack(102).says(get(1)));
  EXPECT_EQ(talk.ledger().reconnects, 0U);
}

// A login that no recording can repeat: each connection is told "denied" and closed.
TEST_P(Divergence, ASessionWhoseProtocolNobodyKnowsIsNotSentRequestByRequest) {
  Conversation talk(GetParam());
  talk.client(seg("PA").seq(1).ack(1).len(10));  // joined in the middle
  for (int i = 1; i < 200; ++i) {
    talk.client(seg("PA").seq(1 + 10 * i).ack(1 + 30 * i).len(10));
    talk.pass_over(1 + 10 * i);
    talk.target(seg("SA").seq(0).ack(1 + 10 * i));
    talk.target(seg("PA").seq(1).ack(11 + 10 * i).len(20));
    talk.target(seg("FA").seq(21).ack(11 + 10 * i));
    talk.wait(50ms);
  }
  EXPECT_LE(talk.ledger().connections, 6U);
}

TEST_P(Divergence, WithFromStartNothingGoesOnInTheMiddle) {
  session::Settings settings;
  settings.only_from_start = true;
  Conversation talk(GetParam(), settings);
  talk.shake_hands();
  request(talk, 0, 0);
  talk.expect(seg("PA").seq(1).says(get(0)));
  talk.target(seg("FPA").seq(1).ack(1 + kGet).len(100));
  talk.expect(seg("A").seq(1 + kGet).ack(102));
  request(talk, 1, 100);
  talk.expect(seg("RA").seq(1 + kGet));
  talk.expect_ended();
  EXPECT_EQ(bytes_lost(talk, LossReason::kTargetClosed), static_cast<std::uint64_t>(kGet));
}

TEST_P(Divergence, WhatIsOlderThanMaxLagIsShedInWholeRequests) {
  session::Settings settings;
  settings.max_lag = 300ms;
  Conversation talk(GetParam(), settings);
  talk.shake_hands();
  for (int i = 0; i < 15; ++i) {
    request(talk, i, i * 100);
    talk.wait(100ms);
  }
  talk.expect(seg("PA").seq(1).says(get(0)));
  const auto before = bytes_lost(talk, LossReason::kLagLimit);
  talk.target(seg("PA").seq(1).ack(1 + kGet).len(100));
  talk.wait(50ms);
  for (int i = 0; i < 3; ++i)
    talk.expect(seg("PA").seq(1).says(get(0)));
  talk.expect(seg("PA").seq(1 + kGet).ack(101).says(get(13)));
  EXPECT_GT(bytes_lost(talk, LossReason::kLagLimit), before);
  EXPECT_EQ(bytes_lost(talk, LossReason::kLagLimit) % kGet, 0U);
  EXPECT_TRUE(talk.ledger().balanced());
}

TEST_P(Divergence, ASlowReaderIsSlowForTheTargetToo) {
  Conversation talk(GetParam());
  talk.shake_hands();
  request(talk, 0, 0);
  talk.expect(seg("PA").seq(1).says(get(0)));
  talk.client(seg("A").seq(1 + kGet).ack(1).win(1000));
  talk.client(seg("A").seq(1 + kGet).ack(1001).win(0));
  talk.target(seg("A").seq(1).ack(1 + kGet).len(30'000));
  talk.target(seg("PA").seq(30'001).ack(1 + kGet).len(35'535));
  talk.wait(50ms);
  talk.expect(seg("A").seq(1 + kGet).ack(30'001).win(35'535));
  talk.expect(seg("A").seq(1 + kGet).ack(65'536).win(0));
  talk.client(seg("A").seq(1 + kGet).ack(1001).win(40'000));
  talk.expect(seg("A").seq(1 + kGet).ack(65'536).win(40'000));
}

TEST_P(Divergence, IdleConnectionsStay) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.wait(std::chrono::hours(23));
  EXPECT_EQ(talk.engine().sessions(), 1U);
  talk.expect_nothing();
  talk.wait(std::chrono::hours(2));
  talk.expect(seg("RA").seq(1).ack(1));
  EXPECT_EQ(sessions_lost(talk, LossReason::kIdle), 1U);
}

TEST_P(Divergence, AFileEndsSoonWhenTheTargetDoesNotClose) {
  Conversation talk(GetParam());
  talk.shake_hands();
  request(talk, 0, 0);
  talk.expect(seg("PA").seq(1).says(get(0)));
  talk.target(seg("PA").seq(1).ack(1 + kGet).len(100));
  talk.client(seg("FA").seq(1 + kGet).ack(5001));
  talk.engine().drain(talk.now());
  talk.wait(800ms);
  talk.expect(seg("A").seq(1 + kGet).ack(101));
  talk.expect(seg("FA").seq(1 + kGet).ack(101));
  talk.target(seg("A").seq(101).ack(2 + kGet));
  talk.wait(1900ms);
  talk.expect_nothing();
  talk.wait(300ms);
  talk.expect(seg("RA").seq(2 + kGet));
  talk.expect_ended();
  EXPECT_EQ(talk.ledger().sessions_completed, 1U);
}

TEST_P(Divergence, AFileEndsSoonWhateverTheTargetAnswers) {
  Conversation talk(GetParam());
  talk.shake_hands();
  request(talk, 0, 0);
  talk.expect(seg("PA").seq(1).says(get(0)));
  talk.client(seg("RA").seq(1 + kGet).ack(5001));
  talk.target(seg("A").seq(1).ack(1 + kGet));
  talk.engine().drain(talk.now());
  talk.wait(2s);
  talk.expect(seg("RA").seq(1 + kGet).ack(1));
  talk.expect_ended();
}

class Nowhere : public PacketSink, public RouteSink {
 public:
  void send(const ReplaySegment&, std::span<const Bytes>) override {}
  bool announce(const FlowKey&) override { return true; }
};

TEST(HalfOpen, SessionsGiveTheirPortBackWhenNoneIsFree) {
  const Endpoint target{Address::v4(0x0a00001e), 8080};
  Nowhere nowhere;
  session::Engine engine({}, TargetRules({{std::nullopt, 80, target}}),
                         session::SourceAddresses({Address::v4(0x0b000001)}, std::nullopt),
                         Instant(), {nowhere, nowhere});
  ClientSegment syn;
  syn.destination = {Address::v4(0x0a000014), 80};
  syn.flags.bits = TcpFlags::kSyn;
  for (std::uint32_t i = 0; i < 65'000; ++i) {  // more than one address has ports
    syn.source = {Address::v4(0xc0000000 + (i & 1U)), static_cast<std::uint16_t>(1024 + i / 2)};
    engine.on_segment(syn, Instant(1s));
  }
  const auto lost = [&](LossReason reason) {
    return engine.ledger().sessions_lost[static_cast<std::size_t>(reason)];
  };
  EXPECT_EQ(lost(LossReason::kNoFreePort), 0U);
  EXPECT_GT(lost(LossReason::kHalfOpen), 400U);
  EXPECT_TRUE(engine.ledger().balanced());
}

}  // namespace
}  // namespace tcpcopy::test
