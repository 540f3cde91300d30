// SPDX-License-Identifier: BSD-3-Clause
// What capture missed, and connections that were open before it began.
#include "tests/scenario/numbers.hh"

namespace tcpcopy::test {
namespace {

using session::LossReason;
using Hole = Scenario;
FOR_ALL_NUMBERS(Hole);

const std::string kGet = "GET /a HTTP/1.1\r\n\r\n";  // 19 bytes

std::uint64_t bytes_lost(const Conversation& talk, LossReason reason) {
  return talk.ledger().lost[static_cast<std::size_t>(reason)].bytes;
}

TEST_P(Hole, ReorderedPacketIsNoHole) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(101).ack(1).len(100));
  talk.wait(2900ms);
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(200));
  talk.wait(500ms);
  talk.expect(seg("PA").seq(1).ack(1).len(200));  // not acknowledged, so sent again
  EXPECT_EQ(talk.ledger().reconnects, 0U);
}

TEST_P(Hole, SessionResumesAtTheNextRequest) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).says(kGet));
  talk.expect(seg("PA").seq(1).ack(1).says(kGet));
  talk.target(seg("PA").seq(1).ack(20).len(50));
  // The request at 20 was never captured; the one at 39 was.
  talk.client(seg("PA").seq(39).ack(101).says(kGet));
  talk.wait(2s);
  talk.expect(seg("A").seq(20).ack(51));
  talk.expect_nothing();
  talk.client(seg("PA").seq(58).ack(151).says(kGet));  // the client goes on
  talk.wait(2s);
  talk.expect(seg("RA").seq(20).ack(51));
  talk.expect_reconnect(39);
  talk.target(seg("SA").seq(0).ack(39));
  talk.expect(seg("PA").seq(39).ack(1).says(kGet));
  talk.target(seg("PA").seq(1).ack(58).len(50));
  talk.expect(seg("PA").seq(58).ack(51).says(kGet));
  EXPECT_EQ(talk.ledger().lost_in_all().bytes, 0U);  // of what was captured, nothing
  EXPECT_EQ(talk.ledger().reconnects, 1U);
}

TEST_P(Hole, TailOfACutRequestIsNotTakenForARequest) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.target(seg("PA").seq(1).ack(101).len(50));
  talk.client(seg("A").seq(601).ack(51).len(400));  // of a request that began at 101
  talk.wait(3100ms);
  talk.expect(seg("A").seq(101).ack(51));
  talk.client(seg("A").seq(1001).ack(91));  // the rest of the request was missed as well
  talk.wait(27s);
  talk.expect(seg("RA").seq(101).ack(51));
  talk.expect_nothing();
  talk.wait(31s);
  talk.client(seg("PA").seq(1001).ack(101).len(80));  // the next request: it had seen a response
  talk.expect_reconnect(1001);
  talk.target(seg("SA").seq(0).ack(1001));
  talk.expect(seg("PA").seq(1001).ack(1).len(80));
  EXPECT_EQ(bytes_lost(talk, LossReason::kCaptureHole), 400U);
  EXPECT_TRUE(talk.ledger().balanced());
}

TEST_P(Hole, AcksOfResponsesOnTheirWayProveNothing) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).says(kGet));
  talk.expect(seg("PA").seq(1).ack(1).says(kGet));
  talk.target(seg("PA").seq(1).ack(20).len(50));
  talk.client(seg("A").seq(39).ack(51));  // what stands at 20 was lost before the online server
  talk.wait(2s);
  talk.expect(seg("A").seq(20).ack(51));
  talk.client(seg("A").seq(39).ack(101));
  talk.client(seg("PA").seq(39).ack(101).says(kGet));  // pipelined
  talk.wait(4s);
  talk.client(seg("PA").seq(20).ack(101).says(kGet));  // at last it was sent again and came through
  talk.expect(seg("PA").seq(20).ack(51).says(kGet + kGet));
  EXPECT_EQ(talk.ledger().reconnects, 0U);
}

TEST_P(Hole, ClientThatFillsOneMayFillTheNext) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("A").seq(101).ack(1).len(100));
  talk.client(seg("A").seq(301).ack(1).len(100));
  talk.wait(2s);
  talk.client(seg("PA").seq(401).ack(51).len(100));  // a sign for both holes
  talk.wait(900ms);
  talk.client(seg("A").seq(1).ack(1).len(100));
  talk.expect(seg("A").seq(1).ack(1).len(200));
  talk.target(seg("A").seq(1).ack(201));
  talk.wait(2900ms);
  talk.client(seg("A").seq(201).ack(1).len(100));
  talk.expect(seg("A").seq(201).ack(1).len(200));
  EXPECT_EQ(talk.ledger().reconnects, 0U);
}

// Several holes wait at the same time, not one after the other.
TEST_P(Hole, SeveralAreAsOldAsTheyAre) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).says(kGet));
  talk.expect(seg("PA").seq(1).ack(1).says(kGet));
  talk.target(seg("PA").seq(1).ack(20).len(50));
  talk.client(seg("PA").seq(39).ack(101).says(kGet));  // the request at 20 was missed,
  talk.client(seg("PA").seq(77).ack(201).says(kGet));  // and so was the one at 58
  talk.wait(29s);
  talk.expect(seg("A").seq(20).ack(51));
  talk.expect_nothing();
  talk.wait(1s);
  talk.expect(seg("RA").seq(20).ack(51));
  talk.expect_reconnect(39);
  talk.target(seg("SA").seq(0).ack(39));
  talk.expect(seg("PA").seq(39).ack(1).says(kGet));
  talk.wait(100ms);  // what lies between the holes is delivered, and answered
  talk.target(seg("PA").seq(1).ack(58).len(100));
  talk.wait(1ms);
  talk.expect(seg("RA").seq(58).ack(101));
  talk.expect_reconnect(77);
  EXPECT_EQ(talk.ledger().lost_in_all().bytes, 0U);
}

TEST_P(Hole, ManyAreSkippedInOneTurn) {
  Conversation talk(GetParam());
  talk.shake_hands();
  for (int i = 0; i < 100; ++i)
    talk.client(seg("A").seq(101 + 20 * i).ack(1).len(10));  // of no use: no request begins there
  talk.client(seg("PA").seq(3001).ack(201).says(kGet));
  talk.wait(30s);
  talk.expect(seg("RA").seq(1).ack(1));
  talk.expect_reconnect(3001);
  EXPECT_EQ(bytes_lost(talk, LossReason::kCaptureHole), 1000U);
  EXPECT_GT(talk.engine().next_deadline(), talk.now());
}

TEST_P(Hole, ShorterResponseBeforeOneIsWaitedFor) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).says(kGet));
  talk.expect(seg("PA").seq(1).ack(1).says(kGet));
  talk.target(seg("A").seq(1).ack(20));
  talk.client(seg("PA").seq(39).ack(201).says(kGet));  // the request at 20 was missed
  talk.wait(29s);
  talk.target(seg("PA").seq(1).ack(20).len(100));
  talk.wait(1990ms);
  talk.expect(seg("A").seq(20).ack(101));
  talk.expect_nothing();
  talk.wait(10ms);
  talk.expect(seg("RA").seq(20).ack(101));
  talk.expect_reconnect(39);
}

TEST_P(Hole, ClientThatAbortedSendsNothingAgain) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).says(kGet));
  talk.expect(seg("PA").seq(1).ack(1).says(kGet));
  talk.target(seg("PA").seq(1).ack(20).len(50));
  talk.client(seg("PA").seq(39).ack(101).says(kGet));  // the request at 20 was missed
  talk.client(seg("RA").seq(58).ack(151));
  talk.wait(4s);
  talk.expect(seg("A").seq(20).ack(51));
  talk.expect(seg("RA").seq(20).ack(51));
  talk.expect_reconnect(39);
}

TEST_P(Hole, LaterNumbersOfAnAckProveAHoleToo) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("A").seq(101).ack(51));
  talk.wait(29s);
  talk.expect_nothing();
  talk.wait(2s);  // a silent client is waited for longer
  talk.expect(seg("RA").seq(1).ack(1));
  talk.client(seg("PA").seq(101).ack(51).says(kGet));
  talk.expect_reconnect(101);
}

TEST_P(Hole, ClientThatClosedBehindAHoleEndsTheSession) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("FA").seq(101).ack(51));
  talk.wait(31s);
  talk.expect(seg("RA").seq(1).ack(1));
  talk.expect_ended();
  EXPECT_EQ(talk.ledger().sessions_lost[static_cast<std::size_t>(LossReason::kCaptureHole)], 1U);
}

TEST_P(Hole, MissedFinIsTakenForOne) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.target(seg("PA").seq(1).ack(101).len(50));
  talk.client(seg("A").seq(102).ack(52));  // behind a FIN that was not captured
  talk.wait(31s);
  talk.expect(seg("A").seq(101).ack(51));
  for (int i = 0; i < 3; ++i)  // the target does not answer
    talk.expect(seg("FA").seq(101).ack(51));
}

TEST_P(Hole, RepetitionInAGapBeginsNoTurn) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("A").seq(1).ack(1).len(100));
  talk.expect(seg("A").seq(1).ack(1).len(100));
  talk.client(seg("PA").seq(201).ack(1).len(100));
  talk.client(seg("A").seq(101).ack(301).len(100));  // sent again, when more had been seen
  talk.expect(seg("PA").seq(101).ack(1).len(200));
}

TEST_P(Hole, TailThatIsSentAgainIsNotTakenForARequest) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("A").seq(101).ack(1).len(100));    // what stands before it was never captured
  talk.client(seg("A").seq(301).ack(51));            // the bytes from 201 on had been sent by now
  talk.client(seg("PA").seq(201).ack(51).len(100));  // and are sent again
  talk.wait(31s);
  talk.expect(seg("RA").seq(1).ack(1));
  talk.expect_nothing();
  talk.client(seg("PA").seq(301).ack(101).len(80));
  talk.expect_reconnect(301);
  talk.target(seg("SA").seq(0).ack(301));
  talk.expect(seg("PA").seq(301).ack(1).len(80));
  EXPECT_EQ(bytes_lost(talk, LossReason::kCaptureHole), 200U);
}

TEST_P(Hole, OpenConnectionIsJoinedAtARequest) {
  Conversation talk(GetParam());
  talk.client(seg("PA").seq(501).ack(900).says(kGet));
  talk.expect_reconnect(501);
  talk.target(seg("SA").seq(0).ack(501));
  talk.expect(seg("PA").seq(501).ack(1).says(kGet));
  EXPECT_EQ(talk.ledger().joined, 1U);
}

TEST_P(Hole, UnknownProtocolIsJoinedAfterAResponse) {
  Conversation talk(GetParam());
  talk.client(seg("PA").seq(501).ack(900).len(40));  // perhaps the middle of something
  talk.expect_nothing();
  talk.client(seg("PA").seq(541).ack(950).len(40));
  talk.expect_reconnect(541);
  EXPECT_EQ(bytes_lost(talk, LossReason::kNoBoundary), 40U);
}

TEST_P(Hole, OnlyWholeConnectionsOnRequest) {
  session::Settings settings;
  settings.only_from_start = true;
  Conversation talk(GetParam(), settings);
  talk.client(seg("PA").seq(501).ack(900).says(kGet));
  talk.expect_ended();
  EXPECT_EQ(bytes_lost(talk, LossReason::kNoBoundary), kGet.size());
}

TEST_P(Hole, AcksAloneBeginNothing) {
  Conversation talk(GetParam());
  talk.client(seg("A").seq(501).ack(900));
  talk.client(seg("FA").seq(501).ack(900));
  talk.client(seg("R").seq(501));
  talk.expect_ended();
  EXPECT_EQ(talk.ledger().sessions_opened, 0U);
  EXPECT_EQ(talk.ledger().control_packets, 3U);
}

TEST_P(Hole, AtTheEndOfTheInputTheStreamGoesOnBehindIt) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).says(kGet));
  talk.expect(seg("PA").seq(1).ack(1).says(kGet));
  EXPECT_EQ(talk.engine().standing().unfinished, 1U);  // not acknowledged yet
  talk.client(seg("PA").seq(39).ack(101).says(kGet));  // the request at 20 was never captured
  talk.engine().drain(talk.now());
  talk.expect_nothing();  // what stands before the hole is still on its way
  talk.target(seg("PA").seq(1).ack(20).len(50));
  EXPECT_EQ(talk.engine().standing().unfinished, 0U);  // only the client could go on
  talk.engine().drain(talk.now());
  talk.expect(seg("RA").seq(20).ack(51));
  talk.expect_reconnect(39);
  talk.target(seg("SA").seq(0).ack(39));
  talk.expect(seg("FPA").seq(39).ack(1).says(kGet));
  talk.target(seg("FPA").seq(1).ack(59).len(50));
  talk.expect(seg("A").seq(59).ack(52));
  talk.expect_ended();
  EXPECT_EQ(talk.engine().standing().unfinished, 0U);
  EXPECT_EQ(talk.ledger().lost_in_all().bytes, 0U);
}

}  // namespace
}  // namespace tcpcopy::test
