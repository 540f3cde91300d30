// SPDX-License-Identifier: BSD-3-Clause
// What is believed, of the target and of the client (RFC 9293, 3.10.7.4; RFC 5961; RFC 7323, 5.3).
#include "tests/scenario/numbers.hh"

namespace tcpcopy::test {
namespace {

using session::Refusal;
using Acceptance = Scenario;
FOR_ALL_NUMBERS(Acceptance);

std::uint64_t refused(const Conversation& talk, Refusal refusal) {
  return talk.ledger().refused[static_cast<std::size_t>(refusal)];
}

TEST_P(Acceptance, ResetAtTheNextByteIsBelieved) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.target(seg("R").seq(1));
  talk.client(seg("PA").seq(1).ack(1).len(10));
  talk.expect_nothing();  // it waits for the next connection's time
  EXPECT_EQ(talk.engine().sessions(), 1U);
}

TEST_P(Acceptance, ResetInsideTheWindowIsChallenged) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.wait(1s);
  talk.target(seg("R").seq(100));
  talk.expect(seg("A").seq(1).ack(1));
  talk.target(seg("R").seq(200));
  talk.expect_nothing();  // challenges are far apart (RFC 5961, 7)
  talk.wait(500ms);
  talk.target(seg("R").seq(300));
  talk.expect(seg("A").seq(1).ack(1));
  EXPECT_EQ(refused(talk, Refusal::kResetInWindow), 3U);
  talk.client(seg("PA").seq(1).ack(1).len(10));
  talk.expect(seg("PA").seq(1).len(10));
}

TEST_P(Acceptance, ResetOutsideOfTheWindowIsDropped) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.target(seg("R").seq(70'000));
  talk.target(seg("R").seq(-5));
  talk.expect_nothing();
  EXPECT_EQ(refused(talk, Refusal::kResetOutside), 2U);
  talk.client(seg("PA").seq(1).ack(1).len(10));
  talk.expect(seg("PA").seq(1).len(10));
}

TEST_P(Acceptance, AckOfWhatWasNeverSentIsRefusedWithItsData) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.wait(1s);
  talk.target(seg("PA").seq(1).ack(1000).len(10));
  talk.expect(seg("A").seq(1).ack(1));
  EXPECT_EQ(refused(talk, Refusal::kAckOfUnsent), 1U);
}

TEST_P(Acceptance, DataBeyondTheWindowIsRefused) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.wait(1s);
  talk.target(seg("PA").seq(65'536).ack(1).len(10));
  talk.expect(seg("A").seq(1).ack(1));
  EXPECT_EQ(refused(talk, Refusal::kBeyondWindow), 1U);
}

TEST_P(Acceptance, ASegmentWithoutAckIsDropped) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.target(seg("P").seq(1).len(10));
  talk.wait(1s);
  talk.expect_nothing();
  EXPECT_EQ(refused(talk, Refusal::kNoAck), 1U);
}

TcpOptions stamped(std::uint32_t value, std::uint32_t echo) {
  TcpOptions options;
  options.timestamps = TcpOptions::Timestamps{value, echo};
  return options;
}

TEST_P(Acceptance, AnOldTimestampIsRefused) {
  Conversation talk(GetParam());
  talk.shake_hands(stamped(5000, 0), stamped(100, 5000));
  talk.target(seg("PA").seq(1).ack(1).len(10).opts(stamped(200, 5000)));
  talk.wait(1s);
  talk.expect(seg("A").seq(1).ack(11));
  talk.target(seg("PA").seq(11).ack(1).len(10).opts(stamped(199, 5000)));
  talk.expect(seg("A").seq(1).ack(11));
  EXPECT_EQ(refused(talk, Refusal::kOldTimestamp), 1U);
}

TEST_P(Acceptance, AClientsResetOutsideOfItsStreamIsNotBelieved) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).len(100));
  talk.target(seg("A").seq(1).ack(101));
  talk.client(seg("RA").seq(50).ack(1));
  talk.client(seg("RA").seq(101 + 65'536).ack(1));
  talk.client(seg("RA").seq(500).ack(1));
  talk.expect_nothing();
  EXPECT_EQ(refused(talk, Refusal::kClientReset), 3U);
  EXPECT_EQ(talk.engine().sessions(), 1U);
  talk.client(seg("RA").seq(101).ack(1));
  talk.expect(seg("RA").seq(101));
  talk.expect_ended();
}

// One packet alone is forged; after a loss at capture the client goes on from there.
TEST_P(Acceptance, AJumpOfTheClientIsBelievedWithASecondPacket) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(5'000'000).ack(1).len(100));
  EXPECT_EQ(refused(talk, Refusal::kClientJump), 1U);
  EXPECT_EQ(talk.ledger().held.bytes, 0U);
  talk.client(seg("PA").seq(5'000'000).ack(1).len(100));  // the same again tells nothing
  EXPECT_EQ(talk.ledger().held.bytes, 0U);
  talk.client(seg("PA").seq(5'000'100).ack(1).len(100));
  EXPECT_EQ(talk.ledger().held.bytes, 100U);
  EXPECT_TRUE(talk.ledger().balanced());
}

// Two that were forged have seen nothing in common.
TEST_P(Acceptance, ASecondPacketThatHasSeenSomethingElseConfirmsNoJump) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(5'000'000).ack(1).len(100));
  talk.client(seg("PA").seq(5'000'100).ack(900'000'000).len(100));
  EXPECT_EQ(refused(talk, Refusal::kClientJump), 2U);
  EXPECT_EQ(talk.ledger().held.bytes, 0U);
  talk.client(seg("PA").seq(5'100'000).ack(900'000'100).len(100));  // far from the last
  EXPECT_EQ(talk.ledger().held.bytes, 0U);
  EXPECT_TRUE(talk.ledger().balanced());
}

// A session that a forged packet began is in the way of a client whose packets overtake each other.
TEST_P(Acceptance, ASynIsConfirmedByAnyOfItsFirstPackets) {
  Conversation talk(GetParam());
  talk.client(seg("PA").seq(25'000'000).ack(7).len(100));
  EXPECT_EQ(talk.ledger().joined, 1U);
  talk.client(seg("S").seq(0));
  talk.client(seg("PA").seq(11).ack(1).len(10));
  talk.expect(seg("S").seq(0));
  talk.client(seg("PA").seq(1).ack(1).len(10));
  talk.target(seg("SA").seq(0).ack(1));
  talk.expect(seg("PA").seq(1).len(20));
  EXPECT_TRUE(talk.ledger().balanced());
}

TEST_P(Acceptance, AClientsSynOnAnOpenConnectionIsNotBelievedAlone) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("S").seq(500'000));
  talk.expect_nothing();
  EXPECT_EQ(refused(talk, Refusal::kClientSyn), 1U);
  talk.client(seg("PA").seq(1).ack(1).len(10));
  talk.expect(seg("PA").seq(1).len(10));
  EXPECT_EQ(talk.ledger().sessions_opened, 1U);
  EXPECT_TRUE(talk.ledger().balanced());
}

TEST_P(Acceptance, AClientsAckThatJumpsBeyondAnyWindowIsRefused) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1'500'000'000).len(10));
  talk.expect_nothing();
  EXPECT_EQ(refused(talk, Refusal::kClientAck), 1U);
  EXPECT_TRUE(talk.ledger().balanced());
}

TEST_P(Acceptance, StrangersOnTheTargetsPortsAreLeftAlone) {
  Conversation talk(GetParam());
  talk.target(seg("FA").seq(51).ack(102));
  talk.expect_nothing();
}

TEST_P(Acceptance, AnAddressOfThePoolIsOurs) {
  Conversation talk(GetParam(), {}, {Address::v4(0x0a4d000a)});
  talk.target(seg("FA").seq(51).ack(102));
  talk.expect(seg("R").seq(102));
}

}  // namespace
}  // namespace tcpcopy::test
