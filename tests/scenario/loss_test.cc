// SPDX-License-Identifier: BSD-3-Clause
// Packets that are lost between tcpcopy and the target, and between the target and the intercept.
#include "tests/scenario/numbers.hh"

namespace tcpcopy::test {
namespace {

using Loss = Scenario;
FOR_ALL_NUMBERS(Loss);

TcpOptions with_mss(bool sack = false) {
  TcpOptions options;
  options.mss = 1000;
  options.sack_permitted = sack;
  return options;
}

TEST_P(Loss, TimeoutSendsAgainWithBackOff) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.wait(199ms);
  talk.expect_nothing();
  talk.wait(2ms);
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.wait(398ms);
  talk.expect_nothing();
  talk.wait(4ms);
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.target(seg("A").seq(1).ack(101));
  talk.wait(10s);
  talk.expect_nothing();
  EXPECT_EQ(talk.ledger().retransmissions, 2U);
}

TEST_P(Loss, ThreeDuplicateAcksSendAgainAtOnce) {
  Conversation talk(GetParam());
  talk.shake_hands(with_mss(), with_mss());
  talk.client(seg("PA").seq(1).ack(1).len(5000));
  for (int i = 0; i < 5; ++i)
    talk.expect(seg("A").seq(1 + 1000 * i).ack(1).len(1000));
  talk.target(seg("A").seq(1).ack(1));
  talk.target(seg("A").seq(1).ack(1));
  talk.expect_nothing();
  talk.target(seg("A").seq(1).ack(1));
  talk.expect(seg("A").seq(1).ack(1).len(1000));
  talk.expect_nothing();
  talk.target(seg("A").seq(1).ack(5001));
  talk.expect_nothing();
}

TEST_P(Loss, PartialAckSendsTheNextHoleAgain) {
  Conversation talk(GetParam());
  talk.shake_hands(with_mss(), with_mss());
  talk.client(seg("PA").seq(1).ack(1).len(6000));
  for (int i = 0; i < 6; ++i)
    talk.expect(seg("A").seq(1 + 1000 * i).ack(1).len(1000));
  for (int i = 0; i < 3; ++i)
    talk.target(seg("A").seq(1).ack(1));
  talk.expect(seg("A").seq(1).ack(1).len(1000));
  talk.target(seg("A").seq(1).ack(3001));  // RFC 6582: the segment behind it is lost too
  talk.expect(seg("A").seq(3001).ack(1).len(1000));
  talk.target(seg("A").seq(1).ack(6001));
  talk.expect_nothing();
}

TEST_P(Loss, SackBlocksTellWhatIsLost) {
  Conversation talk(GetParam());
  talk.shake_hands(with_mss(true), with_mss(true));
  talk.client(seg("PA").seq(1).ack(1).len(8000));
  for (int i = 0; i < 8; ++i)
    talk.expect(seg("A").seq(1 + 1000 * i).ack(1).len(1000));
  // The first and the third are lost.
  talk.target(seg("A").seq(1).ack(1).sack(1001, 2001));
  talk.target(seg("A").seq(1).ack(1).sack(3001, 4001).sack(1001, 2001));
  talk.expect_nothing();
  talk.target(seg("A").seq(1).ack(1).sack(3001, 5001).sack(1001, 2001));
  talk.expect(seg("A").seq(1).ack(1).len(1000));
  talk.target(seg("A").seq(1).ack(1).sack(3001, 6001).sack(1001, 2001));
  talk.expect(seg("A").seq(2001).ack(1).len(1000));
  talk.target(seg("A").seq(1).ack(8001));
  talk.expect_nothing();
  EXPECT_EQ(talk.ledger().retransmissions, 2U);
}

TEST_P(Loss, TimeoutSendsOnlyWhatIsMissing) {
  Conversation talk(GetParam());
  talk.shake_hands(with_mss(true), with_mss(true));
  talk.client(seg("PA").seq(1).ack(1).len(3000));
  for (int i = 0; i < 3; ++i)
    talk.expect(seg("A").seq(1 + 1000 * i).ack(1).len(1000));
  talk.target(seg("A").seq(1).ack(1).sack(1001, 2001));
  talk.expect_nothing();
  talk.wait(201ms);
  talk.expect(seg("A").seq(1).ack(1).len(1000));
  talk.target(seg("A").seq(1).ack(2001));
  talk.expect(seg("PA").seq(2001).ack(1).len(1000));
}

TEST_P(Loss, LostResponseIsAskedForAgain) {
  Conversation talk(GetParam());
  talk.shake_hands(with_mss(), with_mss());
  talk.client(seg("PA").seq(1).ack(1).len(10));
  talk.expect(seg("PA").seq(1).ack(1).len(10));
  // The first 1,000 bytes of the response did not reach the intercept.
  talk.target(seg("A").seq(1001).ack(11).len(1000));
  talk.expect(seg("A").seq(11).ack(1));
  talk.target(seg("A").seq(2001).ack(11).len(1000));
  talk.expect(seg("A").seq(11).ack(1));
  talk.target(seg("A").seq(1).ack(11).len(1000));
  talk.expect(seg("A").seq(11).ack(3001));
}

TEST_P(Loss, GapsAreReportedWithSack) {
  Conversation talk(GetParam());
  talk.shake_hands(with_mss(true), with_mss(true));
  talk.target(seg("A").seq(1001).ack(1).len(1000));
  talk.expect(seg("A").seq(1).ack(1).sack(1001, 2001));
  talk.target(seg("A").seq(3001).ack(1).len(1000));
  talk.expect(seg("A").seq(1).ack(1).sack(3001, 4001).sack(1001, 2001));
  talk.target(seg("A").seq(1).ack(1).len(1000));
  talk.expect(seg("A").seq(1).ack(2001).sack(3001, 4001));
}

TEST_P(Loss, RepeatedResponseIsAcknowledgedAtOnce) {
  Conversation talk(GetParam());
  talk.shake_hands(with_mss(), with_mss());
  talk.target(seg("PA").seq(1).ack(1).len(500));
  talk.wait(50ms);
  talk.expect(seg("A").seq(1).ack(501));
  talk.target(seg("PA").seq(1).ack(1).len(500));
  talk.expect(seg("A").seq(1).ack(501));
}

TEST_P(Loss, LostFinIsSentAgain) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("FA").seq(1).ack(1));
  talk.expect(seg("FA").seq(1).ack(1));
  talk.wait(201ms);
  talk.expect(seg("FA").seq(1).ack(1));
  talk.target(seg("FA").seq(1).ack(2));
  talk.expect(seg("A").seq(2).ack(2));
  talk.expect_ended();
}

TEST_P(Loss, LinkOutageIsRepairedWhenItEnds) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.cut_links();
  talk.wait(700ms);
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.restore_links();
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  EXPECT_EQ(talk.routes_added(), 2U);
}

TEST_P(Loss, SilentTargetIsGivenUp) {
  session::Settings settings;
  settings.session_timeout = 20s;
  Conversation talk(GetParam(), settings);
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.wait(21s);
  for (int i = 0; i < 7; ++i)
    talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("RA").seq(101).ack(1));
  talk.expect_ended();
  EXPECT_EQ(talk.ledger().lost[static_cast<std::size_t>(session::LossReason::kTargetSilent)].bytes,
            100U);
  EXPECT_TRUE(talk.ledger().balanced());
}

}  // namespace
}  // namespace tcpcopy::test
