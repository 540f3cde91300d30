// SPDX-License-Identifier: BSD-3-Clause
// Ends: of the client, of the target, of tcpcopy; and going on after them.
#include "tests/scenario/numbers.hh"

namespace tcpcopy::test {
namespace {

using session::LossReason;
using Close = Scenario;
FOR_ALL_NUMBERS(Close);

std::uint64_t bytes_lost(const Conversation& talk, LossReason reason) {
  return talk.ledger().lost[static_cast<std::size_t>(reason)].bytes;
}

// One request and its response of 50 bytes, acknowledged by the client.
void one_turn(Conversation& talk) {
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.target(seg("PA").seq(1).ack(101).len(50));
  talk.client(seg("A").seq(101).ack(51));
  talk.wait(50ms);
  talk.expect(seg("A").seq(101).ack(51));
}

TEST_P(Close, ClientFirst) {
  Conversation talk(GetParam());
  one_turn(talk);
  talk.client(seg("FA").seq(101).ack(51));
  talk.expect(seg("FA").seq(101).ack(51));
  talk.target(seg("FA").seq(51).ack(102));
  talk.expect(seg("A").seq(102).ack(52));
  talk.expect_ended();
  EXPECT_EQ(talk.ledger().sessions_completed, 1U);
}

TEST_P(Close, TargetFirst) {
  Conversation talk(GetParam());
  one_turn(talk);
  talk.target(seg("FA").seq(51).ack(101));
  talk.expect(seg("A").seq(101).ack(52));
  talk.client(seg("FA").seq(101).ack(52));
  talk.expect(seg("FA").seq(101).ack(52));
  talk.target(seg("A").seq(52).ack(102));
  talk.expect_ended();
}

TEST_P(Close, FinRidesOnTheLastData) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("FPA").seq(1).ack(1).len(100));
  talk.expect(seg("FPA").seq(1).ack(1).len(100));
}

TEST_P(Close, FinWaitsForMissingBytes) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("FA").seq(101).ack(1));
  talk.expect_nothing();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("FPA").seq(1).ack(1).len(100));
}

TEST_P(Close, ResetIsPassedOn) {
  Conversation talk(GetParam());
  one_turn(talk);
  talk.client(seg("RA").seq(101).ack(51));
  talk.expect(seg("RA").seq(101).ack(51));
  talk.expect_ended();
  EXPECT_EQ(talk.ledger().sessions_completed, 1U);
}

TEST_P(Close, ResetBehindUnacknowledgedDataWaitsForItsAck) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.client(seg("R").seq(101));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.expect_nothing();
  talk.target(seg("A").seq(1).ack(101));
  talk.expect(seg("RA").seq(101).ack(1));
  talk.expect_ended();
}

TEST_P(Close, ResetBehindFinWaitsForTheAnswerToTheFin) {
  Conversation talk(GetParam());
  one_turn(talk);
  talk.client(seg("FA").seq(101).ack(51));
  talk.expect(seg("FA").seq(101).ack(51));
  talk.client(seg("R").seq(102));
  talk.target(seg("A").seq(51).ack(102));
  talk.expect_nothing();
  talk.target(seg("PA").seq(51).ack(102).len(10));
  talk.expect(seg("RA").seq(102).ack(61));
  talk.expect_ended();
}

// The answer crosses the FIN, which a slow target's kernel acknowledges long before it is read.
TEST_P(Close, ResetBehindFinWaitsWhileTheFinIsNotRead) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.client(seg("A").seq(101).ack(6));
  talk.client(seg("FA").seq(101).ack(6));
  talk.client(seg("R").seq(102));
  talk.wait(50ms);
  talk.expect(seg("FA").seq(101).ack(1));
  talk.target(seg("PA").seq(1).ack(101).len(5));
  talk.target(seg("A").seq(6).ack(102));
  talk.wait(1s);
  talk.expect(seg("A").seq(102).ack(6));
  talk.expect_nothing();
  talk.target(seg("PA").seq(6).ack(102).len(7));
  talk.expect(seg("RA").seq(102).ack(13));
  talk.expect_ended();
}

// A client that closes its half, reads 60 bytes more, and aborts: a reset would destroy nothing of
// a target that has said these and closed, and tell it nothing.
TEST_P(Close, NoResetBehindFinOfATargetThatHasFinished) {
  Conversation talk(GetParam());
  one_turn(talk);
  talk.client(seg("FA").seq(101).ack(51));
  talk.expect(seg("FA").seq(101).ack(51));
  talk.client(seg("A").seq(102).ack(111));
  talk.client(seg("R").seq(102));
  talk.target(seg("PA").seq(51).ack(102).len(30));
  talk.expect_nothing();
  talk.target(seg("FPA").seq(81).ack(102).len(30));
  talk.expect(seg("A").seq(102).ack(112));
  talk.expect_ended();
  EXPECT_EQ(talk.ledger().sessions_completed, 1U);
}

TEST_P(Close, NoResetOfAClientWhoseTargetFinishedEarlier) {
  Conversation talk(GetParam());
  one_turn(talk);
  talk.client(seg("FA").seq(101).ack(51));
  talk.expect(seg("FA").seq(101).ack(51));
  talk.target(seg("FPA").seq(51).ack(102).len(60));
  talk.expect(seg("A").seq(102).ack(112));
  talk.expect_ended();
  talk.client(seg("A").seq(102).ack(111));
  talk.client(seg("R").seq(102));
  talk.expect_ended();
  EXPECT_EQ(talk.ledger().sessions_opened, 1U);
  EXPECT_EQ(talk.ledger().sessions_completed, 1U);
}

TEST_P(Close, ResetBehindFinOfATargetThatHasSaidAllAndNotClosed) {
  Conversation talk(GetParam());
  one_turn(talk);
  talk.client(seg("FA").seq(101).ack(51));
  talk.expect(seg("FA").seq(101).ack(51));
  talk.client(seg("A").seq(102).ack(111));
  talk.client(seg("R").seq(102));
  talk.target(seg("PA").seq(51).ack(102).len(60));
  talk.expect(seg("RA").seq(102).ack(111));
  talk.expect_ended();
}

// No TCP does that: they belong to no stream, and must not stay in the accounts as held.
TEST_P(Close, BytesBehindTheFinAreLostWithTheSession) {
  Conversation talk(GetParam());
  one_turn(talk);
  talk.client(seg("PA").seq(201).ack(51).len(30));
  talk.client(seg("FA").seq(101).ack(51));
  talk.expect(seg("FA").seq(101).ack(51));
  talk.target(seg("FA").seq(51).ack(102));
  talk.expect(seg("A").seq(102).ack(52));
  talk.expect_ended();
  EXPECT_EQ(bytes_lost(talk, LossReason::kAbsurdSequence), 30U);
}

TEST_P(Close, NumbersBehindTheFinAreNoHole) {
  Conversation talk(GetParam());
  one_turn(talk);
  talk.client(seg("FA").seq(101).ack(51));
  talk.expect(seg("FA").seq(101).ack(51));
  talk.client(seg("A").seq(102).ack(52));
  talk.target(seg("A").seq(51).ack(102));
  talk.wait(10s);
  talk.expect_nothing();
  EXPECT_EQ(talk.engine().sessions(), 1U);
}

TEST_P(Close, TargetResetGoesOnWithANewConnection) {
  Conversation talk(GetParam());
  one_turn(talk);
  talk.wait(1s);
  talk.target(seg("RA").seq(51).ack(101));
  talk.expect_nothing();
  talk.client(seg("PA").seq(101).ack(51).len(100));
  talk.expect_reconnect(101);
  talk.target(seg("SA").seq(0).ack(101));
  talk.expect(seg("PA").seq(101).ack(1).len(100));
  EXPECT_EQ(talk.ledger().reconnects, 1U);
}

TEST_P(Close, TargetResetLosesOnlyWhatWasOnTheWay) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.client(seg("PA").seq(101).ack(51).len(70));
  talk.expect_nothing();
  talk.target(seg("RA").seq(1).ack(1));
  EXPECT_EQ(bytes_lost(talk, LossReason::kTargetReset), 100U);
  talk.expect_nothing();  // it had answered nothing, so the next try waits
  talk.wait(1s);
  talk.expect_reconnect(101);
  talk.target(seg("SA").seq(0).ack(101));
  talk.expect(seg("PA").seq(101).ack(1).len(70));
  EXPECT_TRUE(talk.ledger().balanced());
}

TEST_P(Close, ResetAfterResetIsNoStorm) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  std::uint64_t tries = 0;
  for (std::int64_t request = 101; request < 2000; request += 10) {
    talk.client(seg("PA").seq(request).ack(request).len(10));
    talk.target(seg("RA").seq(1).ack(1));
    talk.wait(100ms);
    tries = talk.ledger().syns_sent;
  }
  talk.pass_over(1);
  EXPECT_LE(tries, 12U);
  EXPECT_TRUE(talk.ledger().balanced());
}

TEST_P(Close, TargetThatClosesEarlyGetsANewConnectionForTheNextRequest) {
  Conversation talk(GetParam());
  one_turn(talk);
  talk.target(seg("FA").seq(51).ack(101));
  talk.expect(seg("A").seq(101).ack(52));
  talk.client(seg("PA").seq(101).ack(51).len(100));
  talk.expect(seg("RA").seq(101).ack(52));
  talk.expect_reconnect(101);
  talk.target(seg("SA").seq(0).ack(101));
  talk.expect(seg("PA").seq(101).ack(1).len(100));
}

TEST_P(Close, TargetThatOnlyHalfClosedGetsTheRest) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.target(seg("FA").seq(1).ack(101));
  talk.expect(seg("A").seq(101).ack(2));
  talk.client(seg("PA").seq(101).ack(1).len(100));  // it had seen nothing new: the same request
  talk.expect(seg("PA").seq(101).ack(2).len(100));
}

TEST_P(Close, StaleResetIsIgnored) {
  Conversation talk(GetParam());
  one_turn(talk);
  talk.target(seg("R").seq(500'000'000));
  talk.client(seg("PA").seq(101).ack(51).len(100));
  talk.expect(seg("PA").seq(101).ack(51).len(100));
}

TEST_P(Close, NewConnectionOnTheSamePortsEndsTheOld) {
  Conversation talk(GetParam());
  one_turn(talk);
  const Numbers old = GetParam();
  talk.new_numbers({old.client + 500'000, old.online, old.target});
  talk.client(seg("S").seq(0));
  talk.expect_nothing();  // anybody can forge a SYN: the ack behind it tells
  talk.client(seg("A").seq(1).ack(1));
  talk.expect(seg("RA").seq(101 - 500'000));
  talk.expect(seg("S").seq(0));
  EXPECT_EQ(talk.ledger().sessions_opened, 2U);
  EXPECT_TRUE(talk.ledger().balanced());
  EXPECT_EQ(talk.engine().sessions(), 1U);
  EXPECT_EQ(talk.target_side_port(), 40000);
}

TEST_P(Close, NewConnectionGetsAnotherPortWhileTheOldOneDrains) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  const Numbers old = GetParam();
  talk.new_numbers({old.client + 500'000, old.online, old.target});
  talk.client(seg("S").seq(0));
  talk.client(seg("A").seq(1).ack(1));
  talk.expect(seg("S").seq(0));
  EXPECT_NE(talk.target_side_port(), 40000);
  EXPECT_EQ(talk.engine().sessions(), 2U);
  EXPECT_EQ(talk.ledger().ports_changed, 1U);
}

TEST_P(Close, StragglersOfAnEndedSessionAreNotReplayedAgain) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("FPA").seq(1).ack(1).says("GET / HTTP/1.0\r\n\r\n"));
  talk.expect(seg("FPA").seq(1).ack(1).says("GET / HTTP/1.0\r\n\r\n"));
  talk.target(seg("FA").seq(1).ack(20));
  talk.expect(seg("A").seq(20).ack(2));
  talk.expect_ended();
  talk.client(seg("FPA").seq(1).ack(1).says("GET / HTTP/1.0\r\n\r\n"));
  talk.client(seg("A").seq(20).ack(2));
  talk.expect_ended();
  EXPECT_EQ(talk.ledger().sessions_opened, 1U);
}

TEST_P(Close, StrayResponseOfASessionThatEndedIsReset) {
  Conversation talk(GetParam());
  one_turn(talk);
  talk.client(seg("RA").seq(101).ack(51));
  talk.expect(seg("RA").seq(101).ack(51));
  talk.expect_ended();
  talk.target(seg("FA").seq(51).ack(102));
  talk.expect(seg("R").seq(102));
  talk.target(seg("R").seq(51));
  talk.expect_nothing();
}

TEST_P(Close, IdleSessionEndsWhenItsClientIsForgotten) {
  session::Settings settings;
  settings.idle_timeout = 30s;
  Conversation talk(GetParam(), settings);
  one_turn(talk);
  talk.wait(29s);
  EXPECT_EQ(talk.engine().sessions(), 1U);
  talk.wait(2s);
  talk.expect(seg("RA").seq(101).ack(51));
  talk.expect_ended();
}

TEST_P(Close, DrainSendsWhatIsHeldAndThenFin) {
  Conversation talk(GetParam());
  one_turn(talk);
  talk.client(seg("PA").seq(101).ack(51).len(10));
  talk.expect(seg("PA").seq(101).ack(51).len(10));
  talk.engine().drain(talk.now());
  talk.expect(seg("FA").seq(111).ack(51));
}

TEST_P(Close, ShutDownResetsWhatIsOpen) {
  Conversation talk(GetParam());
  one_turn(talk);
  talk.engine().shut_down(talk.now());
  talk.expect(seg("RA").seq(101).ack(51));
  talk.expect_ended();
}

}  // namespace
}  // namespace tcpcopy::test
