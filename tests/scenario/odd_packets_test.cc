// SPDX-License-Identifier: BSD-3-Clause
// Packets that no ordinary conversation has. Each is counted, and does no harm.
#include "tests/scenario/numbers.hh"

namespace tcpcopy::test {
namespace {

using session::LossReason;
using OddPackets = Scenario;
FOR_ALL_NUMBERS(OddPackets);

std::uint64_t bytes_lost(const Conversation& talk, LossReason reason) {
  return talk.ledger().lost[static_cast<std::size_t>(reason)].bytes;
}

TEST_P(OddPackets, SynWithAckOrRstBeginsNoSession) {
  Conversation talk(GetParam());
  talk.client(seg("SA").seq(0).ack(1));
  talk.client(seg("SR").seq(0));
  talk.expect_ended();
  EXPECT_EQ(talk.ledger().sessions_opened, 0U);
  EXPECT_EQ(talk.ledger().control_packets, 2U);
}

TEST_P(OddPackets, RstWithBytesBeginsNoSession) {
  Conversation talk(GetParam());
  talk.client(seg("R").seq(1).len(10));
  talk.expect_ended();
  EXPECT_EQ(bytes_lost(talk, LossReason::kNoBoundary), 10U);
}

TEST_P(OddPackets, BytesBehindTheFinAreNotBelieved) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PFA").seq(1).ack(1).len(100));
  talk.expect(seg("FA").seq(1).ack(1).len(100));
  talk.client(seg("A").seq(101).ack(1).len(10));
  talk.expect_nothing();
  EXPECT_EQ(bytes_lost(talk, LossReason::kAbsurdSequence), 10U);
  EXPECT_TRUE(talk.ledger().balanced());
}

TEST_P(OddPackets, JumpFarAheadIsNotBelieved) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("A").seq(100'000'000).ack(1));
  talk.client(seg("A").seq(100'000'000).ack(1).len(10));
  talk.client(seg("A").seq(-5000).ack(1).len(10));
  talk.wait(40s);
  talk.expect_nothing();
  EXPECT_EQ(bytes_lost(talk, LossReason::kAbsurdSequence), 20U);
  EXPECT_EQ(talk.ledger().reconnects, 0U);
}

TEST_P(OddPackets, AckOfBytesNeverSentIsAnsweredWithAnAck) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.target(seg("A").seq(1).ack(5000));
  talk.expect(seg("A").seq(1).ack(1));
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
}

TEST_P(OddPackets, ResponseWithoutAckAcknowledgesNothing) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.target(seg("").seq(1).len(50));
  EXPECT_EQ(talk.ledger().delivered.bytes, 0U);
}

TEST_P(OddPackets, OnlyASynAckAnswersOurSyn) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  talk.target(seg("S").seq(0));          // both sides opened at once: no server does
  talk.target(seg("R").seq(0));          // an RST that acknowledges nothing is not for this SYN
  talk.target(seg("RA").seq(0).ack(7));  // nor is one that acknowledges something else
  talk.target(seg("A").seq(0).ack(1));
  talk.target(seg("PA").seq(1).ack(1).len(10));
  talk.expect_nothing();
  talk.target(seg("SA").seq(0).ack(1));
  talk.client(seg("A").seq(1).ack(1));
  talk.expect(seg("A").seq(1).ack(1));
}

TEST_P(OddPackets, TargetThatKeepsAnOldConnectionIsNotAskedForEver) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  for (int i = 1; i < session::kMaxSynTransmissions; ++i) {
    talk.target(seg("A").seq(700).ack(900));
    talk.expect(seg("R").seq(900));
    talk.expect(seg("S").seq(0));
  }
  talk.target(seg("A").seq(700).ack(900));
  talk.expect(seg("R").seq(900));
  talk.expect_nothing();
}

TEST_P(OddPackets, RstFarFromTheWindowIsIgnored) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.target(seg("R").seq(10'000'000));
  talk.target(seg("R").seq(-10'000'000));
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  EXPECT_EQ(talk.ledger().reconnects, 0U);
}

TEST_P(OddPackets, StrayResponsesAreRefusedUnlessTheyRefuseThemselves) {
  Conversation talk(GetParam(), {}, {Address::v4(0x0a4d000a)});
  talk.target(seg("R").seq(1));
  talk.target(seg("").seq(1).len(10));
  talk.expect_nothing();
  talk.target(seg("A").seq(1).ack(1).len(10));
  talk.expect(seg("R").seq(1));
  EXPECT_EQ(talk.ledger().responses_unknown, 3U);
}

TEST_P(OddPackets, ClientThatResetsBeforeItAnsweredIsGone) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  talk.target(seg("SA").seq(0).ack(1));
  talk.client(seg("RA").seq(1).ack(1));
  talk.expect(seg("RA").seq(1));
  talk.expect_ended();
}

}  // namespace
}  // namespace tcpcopy::test
