// SPDX-License-Identifier: BSD-3-Clause
// Turn order: requests wait for the responses that the client had seen before it sent them.
#include "tests/scenario/numbers.hh"

namespace tcpcopy::test {
namespace {

using Turns = Scenario;
FOR_ALL_NUMBERS(Turns);

// A request was sent, the client saw 300 bytes of the online server's response and sent another.
void two_requests(Conversation& talk) {
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.client(seg("PA").seq(101).ack(301).len(100));
}

TEST_P(Turns, NextRequestWaitsForTheResponse) {
  Conversation talk(GetParam());
  two_requests(talk);
  talk.expect_nothing();
  talk.target(seg("A").seq(1).ack(101).len(200));
  talk.expect_nothing();
  talk.target(seg("PA").seq(201).ack(101).len(100));
  talk.expect(seg("PA").seq(101).ack(301).len(100));
}

TEST_P(Turns, SessionsThatCannotGoOnAreCountedAsWaiting) {
  Conversation talk(GetParam());
  EXPECT_EQ(talk.engine().standing().waiting, 0U);
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  EXPECT_EQ(talk.engine().standing().waiting, 1U) << "for the handshake";
  Conversation other(GetParam());
  two_requests(other);
  EXPECT_EQ(other.engine().standing().waiting, 1U) << "for the response";
  other.target(seg("PA").seq(1).ack(101).len(300));
  other.expect(seg("PA").seq(101).ack(301).len(100));
  EXPECT_EQ(other.engine().standing().waiting, 0U);
  EXPECT_EQ(other.engine().standing().unfinished, 1U) << "what was sent is not acknowledged";
}

TEST_P(Turns, PipelinedRequestsFlowTogether) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.client(seg("PA").seq(101).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(101).ack(1).len(100));
}

TEST_P(Turns, NearlyCompleteAndQuietIsEnough) {
  Conversation talk(GetParam());
  two_requests(talk);
  talk.target(seg("PA").seq(1).ack(101).len(290));  // 10 bytes shorter than online
  talk.expect_nothing();
  talk.wait(5ms);
  talk.expect(seg("PA").seq(101).ack(291).len(100));
}

TEST_P(Turns, AShortResponseIsOverWhenTheTargetIsQuiet) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.client(seg("PA").seq(101).ack(100'001).len(100));
  talk.target(seg("PA").seq(1).ack(101).len(200));
  talk.expect_nothing();
  talk.wait(2ms);
  talk.expect(seg("PA").seq(101).ack(201).len(100));
}

TEST_P(Turns, AGapIsNoQuiet) {
  Conversation talk(GetParam());
  two_requests(talk);
  talk.target(seg("A").seq(1).ack(101).len(100));
  talk.target(seg("PA").seq(201).ack(101).len(90));
  talk.expect(seg("A").seq(101).ack(101));
  talk.wait(1s);
  talk.expect_nothing();
  talk.target(seg("A").seq(101).ack(101).len(100));
  talk.expect(seg("A").seq(101).ack(291));
  talk.wait(10ms);
  talk.expect(seg("PA").seq(101).ack(291).len(100));
}

TEST_P(Turns, WaitIsBoundedAndCounted) {
  Conversation talk(GetParam());
  two_requests(talk);
  talk.target(seg("A").seq(1).ack(101));
  talk.wait(1999ms);
  talk.expect_nothing();
  talk.wait(2ms);
  talk.expect(seg("PA").seq(101).ack(1).len(100));
  EXPECT_EQ(talk.ledger().turn_expiries, 1U);
  // The next wait is half as long: a protocol that talks both ways at once soon flows.
  talk.target(seg("A").seq(1).ack(201));
  talk.client(seg("PA").seq(201).ack(401).len(100));
  talk.wait(998ms);
  talk.expect_nothing();
  talk.wait(2ms);
  talk.expect(seg("PA").seq(201).ack(1).len(100));
}

TEST_P(Turns, OffWithoutTurnOrder) {
  session::Settings settings;
  settings.turn_order = false;
  Conversation talk(GetParam(), settings);
  two_requests(talk);
  talk.expect(seg("PA").seq(101).ack(1).len(100));
}

TEST_P(Turns, WaitsForAGreetingThatTheClientWaitedFor) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(41).len(20));
  talk.expect_nothing();
  talk.target(seg("PA").seq(1).ack(1).len(40));
  talk.expect(seg("PA").seq(1).ack(41).len(20));
}

TEST_P(Turns, FinWaitsForTheResponseThatTheClientSaw) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.client(seg("FA").seq(101).ack(301));
  talk.expect_nothing();
  talk.target(seg("PA").seq(1).ack(101).len(300));
  talk.expect(seg("FA").seq(101).ack(301));
}

TEST_P(Turns, HalfCloseDoesNotWait) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.client(seg("FA").seq(101).ack(1));
  talk.expect(seg("FA").seq(101).ack(1));
  talk.target(seg("A").seq(1).ack(102).len(500));
  talk.target(seg("FA").seq(501).ack(102));
  talk.expect(seg("A").seq(102).ack(502));
  talk.expect_ended();
  EXPECT_EQ(talk.ledger().sessions_completed, 1U);
}

TEST_P(Turns, AbortWaitsUntilTheTargetHasSaidAsMuch) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.client(seg("A").seq(101).ack(5001));
  talk.client(seg("RA").seq(101).ack(5001));
  talk.target(seg("PA").seq(1).ack(101).len(1000));
  talk.wait(500ms);
  talk.expect(seg("A").seq(101).ack(1001));
  talk.expect_nothing();
  talk.target(seg("A").seq(1001).ack(101).len(4000));
  talk.expect(seg("RA").seq(101).ack(5001));
  talk.expect_ended();
}

TEST_P(Turns, AbortDoesNotWaitForEver) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.target(seg("A").seq(1).ack(101));
  talk.client(seg("A").seq(101).ack(5001));
  talk.client(seg("RA").seq(101).ack(5001));
  talk.wait(29s);
  talk.expect_nothing();
  talk.wait(2s);
  talk.expect(seg("RA").seq(101).ack(1));
  talk.expect_ended();
}

}  // namespace
}  // namespace tcpcopy::test
