// SPDX-License-Identifier: BSD-3-Clause
// Urgent data (RFC 9293, 3.8.5; RFC 6093): the target's application reads as urgent what the online
// server's did, however the stream is cut.
#include "tests/scenario/numbers.hh"

namespace tcpcopy::test {
namespace {

using Urgent = Scenario;
FOR_ALL_NUMBERS(Urgent);

TcpOptions mss(std::uint16_t bytes) {
  TcpOptions options;
  options.mss = bytes;
  return options;
}

TEST_P(Urgent, GoesOutAsItCame) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(10));
  talk.expect(seg("PA").seq(1).ack(1).len(10));
  talk.client(seg("UPA").seq(11).ack(1).len(1).urg(1));
  talk.expect(seg("UPA").seq(11).ack(1).len(1).urg(1));
  talk.client(seg("PA").seq(12).ack(1).len(10));
  talk.expect(seg("PA").seq(12).ack(1).len(10));
  talk.target(seg("A").seq(1).ack(22));
  talk.expect_nothing();
  EXPECT_TRUE(talk.ledger().balanced());
}

TEST_P(Urgent, IsToldOfByEverySegmentThatIsCutBeforeIt) {
  Conversation talk(GetParam());
  talk.shake_hands(mss(1460), mss(1000));
  talk.client(seg("UPA").seq(1).ack(1).len(1400).urg(1400));
  talk.expect(seg("UA").seq(1).ack(1).len(1000).urg(1400));
  talk.expect(seg("UPA").seq(1001).ack(1).len(400).urg(400));
}

TEST_P(Urgent, ByteThatComesBehindItsPointerIsUrgent) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("UPA").seq(1).ack(1).len(100).urg(101));
  talk.expect(seg("UPA").seq(1).ack(1).len(100).urg(101));
  talk.client(seg("UPA").seq(101).ack(1).len(1).urg(1));
  talk.expect(seg("UPA").seq(101).ack(1).len(1).urg(1));
}

TEST_P(Urgent, TwoOfOneSegmentEndTwoSegments) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  talk.client(seg("A").seq(1).ack(1));
  talk.client(seg("UPA").seq(1).ack(1).len(10).urg(5));
  talk.client(seg("UPA").seq(11).ack(1).len(10).urg(5));
  talk.target(seg("SA").seq(0).ack(1));
  talk.expect(seg("UA").seq(1).ack(1).len(5).urg(5));
  talk.expect(seg("UA").seq(6).ack(1).len(10).urg(10));
  talk.expect(seg("PA").seq(16).ack(1).len(5));
}

TEST_P(Urgent, IsUrgentWhenSentAgain) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("UPA").seq(1).ack(1).len(11).urg(11));
  talk.expect(seg("UPA").seq(1).ack(1).len(11).urg(11));
  talk.wait(300ms);
  talk.expect(seg("UPA").seq(1).ack(1).len(11).urg(11));
  EXPECT_EQ(talk.ledger().retransmissions, 1U);
}

TEST_P(Urgent, IsNotToldOfBeforeTheClientDid) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  talk.client(seg("A").seq(1).ack(1));
  talk.client(seg("PA").seq(1).ack(1).len(10));
  talk.client(seg("UPA").seq(11).ack(101).len(1).urg(1));  // having seen an answer
  talk.target(seg("SA").seq(0).ack(1));
  talk.expect(seg("PA").seq(1).ack(1).len(10));
  talk.target(seg("PA").seq(1).ack(11).len(100));
  talk.expect(seg("UPA").seq(11).ack(101).len(1).urg(1));
}

TEST_P(Urgent, PointerBeyondAllThatComesDoesNoHarm) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("UPA").seq(1).ack(1).len(10).urg(65535));
  talk.expect(seg("UPA").seq(1).ack(1).len(10).urg(65535));
  talk.client(seg("UPA").seq(11).ack(1).len(10).urg(65535));
  talk.expect(seg("UPA").seq(11).ack(1).len(10).urg(65535));
  talk.client(seg("FA").seq(21).ack(1));
  talk.expect(seg("FA").seq(21).ack(1));
  talk.target(seg("FA").seq(1).ack(22));
  talk.expect(seg("A").seq(22).ack(2));
  talk.expect_ended();
}

TEST_P(Urgent, PointerFromBeyondItsReachIsToldLater) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("UPA").seq(1).ack(1).len(10).urg(65535));
  talk.expect(seg("UPA").seq(1).ack(1).len(10).urg(65535));
  talk.client(seg("UPA").seq(11).ack(1).len(10).urg(65535));
  talk.expect(seg("UPA").seq(11).ack(1).len(10).urg(65535));
  talk.wait(300ms);
  talk.expect(seg("PA").seq(1).ack(1).len(20));  // 65,545 bytes before the pointer
}

TEST_P(Urgent, TooManyAreSentAsOthers) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  talk.client(seg("A").seq(1).ack(1));
  const auto most = static_cast<std::int64_t>(session::kMaxUrgent);
  for (std::int64_t i = 0; i <= most; ++i)
    talk.client(seg("UPA").seq(1 + i).ack(1).len(1).urg(1));
  EXPECT_EQ(talk.ledger().refused[static_cast<std::size_t>(session::Refusal::kClientUrgent)], 1U);
}

}  // namespace
}  // namespace tcpcopy::test
