// SPDX-License-Identifier: BSD-3-Clause
// The client's stream towards the target: order, segmentation, acks.
#include "tests/scenario/numbers.hh"

namespace tcpcopy::test {
namespace {

using Data = Scenario;
FOR_ALL_NUMBERS(Data);

TcpOptions mss(std::uint16_t bytes) {
  TcpOptions options;
  options.mss = bytes;
  return options;
}

TEST_P(Data, GoesOutAtOnce) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(200));
  talk.expect(seg("PA").seq(1).ack(1).len(200));
  talk.target(seg("A").seq(1).ack(201));
  talk.expect_nothing();
  EXPECT_EQ(talk.ledger().delivered.bytes, 200U);
  EXPECT_EQ(talk.ledger().held.bytes, 0U);
}

TEST_P(Data, AckOfTheResponseRidesOnTheNextRequest) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(50));
  talk.expect(seg("PA").seq(1).ack(1).len(50));
  talk.target(seg("PA").seq(1).ack(51).len(100));
  talk.expect_nothing();
  talk.wait(10ms);
  talk.client(seg("PA").seq(51).ack(101).len(60));
  talk.expect(seg("PA").seq(51).ack(101).len(60));
}

TEST_P(Data, TheTargetsAnswerIsTimedWithoutTheWayBack) {
  for (const bool again : {false, true}) {
    Conversation talk(GetParam());
    talk.shake_hands();
    talk.client(seg("PA").seq(1).ack(1).len(50));
    talk.expect(seg("PA").seq(1).ack(1).len(50));
    talk.wait(again ? 1100ms : 32ms);
    if (again) talk.pass_over(1);
    talk.target(seg("PA").seq(1).ack(51).len(100).late(12ms));
    talk.target(seg("PA").seq(101).ack(51).len(100).late(1ms));  // nothing was asked since
    talk.pass_over(1);
    const Duration answer = talk.ledger().answer.quantile(1);
    if (again) {
      EXPECT_EQ(answer, 0ms) << "which of the two was answered?";
    } else {
      EXPECT_GE(answer, 20ms);
      EXPECT_LE(answer, 23ms);
    }
  }
}

TEST_P(Data, FollowsAWayThatTakesShorterPackets) {
  Conversation talk(GetParam());
  talk.shake_hands(mss(1460), mss(1460));
  talk.client(seg("PA").seq(1).ack(1).len(2000));
  talk.expect(seg("A").seq(1).ack(1).len(1460));  // too long: the kernel refuses it
  talk.expect(seg("PA").seq(1461).ack(1).len(540));
  talk.engine().set_mtu(1040);
  talk.wait(201ms);
  talk.expect(seg("A").seq(1).ack(1).len(1000));
  talk.expect(seg("PA").seq(1001).ack(1).len(1000));
}

TEST_P(Data, LoneAckLeavesAfterTheDelay) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(50));
  talk.expect(seg("PA").seq(1).ack(1).len(50));
  talk.target(seg("PA").seq(1).ack(51).len(100));
  talk.wait(39ms);
  talk.expect_nothing();
  talk.wait(2ms);
  talk.expect(seg("A").seq(51).ack(101));
  talk.expect_nothing();
}

TEST_P(Data, EverySecondFullSegmentIsAcknowledged) {
  Conversation talk(GetParam());
  talk.shake_hands(mss(1000), mss(1000));
  talk.target(seg("A").seq(1).ack(1).len(1000));
  talk.expect_nothing();
  talk.target(seg("A").seq(1001).ack(1).len(1000));
  talk.expect(seg("A").seq(1).ack(2001));
}

TEST_P(Data, LargeCapturedPacketIsCutToTheMss) {
  Conversation talk(GetParam());
  talk.shake_hands(mss(1000), mss(1000));
  talk.client(seg("PA").seq(1).ack(1).len(3500));
  talk.expect(seg("A").seq(1).ack(1).len(1000));
  talk.expect(seg("A").seq(1001).ack(1).len(1000));
  talk.expect(seg("A").seq(2001).ack(1).len(1000));
  talk.expect(seg("PA").seq(3001).ack(1).len(500));
  talk.expect_nothing();
}

TEST_P(Data, TimestampsTakeTheirRoomFromTheMss) {
  Conversation talk(GetParam());
  TcpOptions ours = mss(1000);
  ours.timestamps = TcpOptions::Timestamps{100, 0};
  TcpOptions theirs = mss(1000);
  theirs.timestamps = TcpOptions::Timestamps{900, 100};
  talk.shake_hands(ours, theirs);
  talk.wait(50ms);
  talk.client(seg("PA").seq(1).ack(1).len(1000));
  TcpOptions stamped;
  stamped.timestamps = TcpOptions::Timestamps{150, 900};
  talk.expect(seg("A").seq(1).ack(1).len(988).opts(stamped));
  talk.expect(seg("PA").seq(989).ack(1).len(12).opts(stamped));
}

TEST_P(Data, ComesOutInOrder) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(101).ack(1).len(100));
  talk.expect_nothing();
  talk.client(seg("A").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(200));
  talk.expect_nothing();
}

TEST_P(Data, OverlapAndRepetitionGoOutOnce) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("A").seq(1).ack(1).len(100));
  talk.expect(seg("A").seq(1).ack(1).len(100));
  talk.client(seg("A").seq(1).ack(1).len(100));
  talk.expect_nothing();
  talk.client(seg("A").seq(51).ack(1).len(100));
  talk.expect(seg("A").seq(101).ack(1).len(50));
  EXPECT_EQ(talk.ledger().duplicate.bytes, 150U);
  EXPECT_EQ(talk.ledger().duplicate.packets, 1U);
  EXPECT_TRUE(talk.ledger().balanced());
}

TEST_P(Data, SmallChunksThatWaitedShareSegments) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  for (int i = 0; i < 10; ++i)
    talk.client(seg("PA").seq(1 + i).ack(1).len(1));
  talk.target(seg("SA").seq(0).ack(1));
  talk.expect(seg("PA").seq(1).ack(1).len(10));
  talk.expect_nothing();
}

TEST_P(Data, ManyTinyChunksAllGoOut) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  for (int i = 0; i < 100; ++i)
    talk.client(seg("PA").seq(1 + i).ack(1).len(1));
  talk.target(seg("SA").seq(0).ack(1));
  // As many pieces as a segment takes; behind the first 16 they are merged.
  talk.expect(seg("PA").seq(1).ack(1).len(16));
  talk.expect(seg("PA").seq(17).ack(1).len(84));
}

TEST_P(Data, KeepsWithinTheTargetsWindow) {
  Conversation talk(GetParam());
  talk.shake_hands(mss(1000), mss(1000), 2500);
  talk.client(seg("PA").seq(1).ack(1).len(5000));
  talk.expect(seg("A").seq(1).ack(1).len(1000));
  talk.expect(seg("A").seq(1001).ack(1).len(1000));
  talk.expect_nothing();  // 500 bytes would be a silly window while data is in flight
  talk.target(seg("A").seq(1).ack(2001).win(2500));
  talk.expect(seg("A").seq(2001).ack(1).len(1000));
  talk.expect(seg("A").seq(3001).ack(1).len(1000));
}

TEST_P(Data, ScalesWindowsWhenBothOfferIt) {
  Conversation talk(GetParam());
  TcpOptions ours = mss(1000);
  ours.window_scale = 4;
  TcpOptions theirs = mss(1000);
  theirs.window_scale = 2;
  talk.shake_hands(ours, theirs);
  talk.target(seg("A").seq(1).ack(1).win(500));  // 2,000 bytes
  talk.client(seg("PA").seq(1).ack(1).len(5000).win(8192));
  talk.expect(seg("A").seq(1).ack(1).len(1000).win(65535));  // the widest so far, 65,535 << 4
  talk.expect(seg("A").seq(1001).ack(1).len(1000));
  talk.expect_nothing();
}

TEST_P(Data, AcksOfAFarClientArriveARoundTripLater) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  talk.target(seg("SA").seq(0).ack(1));
  talk.wait(100ms);
  talk.client(seg("A").seq(1).ack(1));  // the client is 100 ms away
  talk.expect(seg("A").seq(1).ack(1));
  talk.target(seg("A").seq(1).ack(1).len(536));
  talk.target(seg("A").seq(537).ack(1).len(536));
  talk.wait(99ms);
  talk.expect_nothing();
  talk.wait(2ms);
  talk.expect(seg("A").seq(1).ack(1073));
}

TEST_P(Data, FixedRoundTripReplacesTheMeasuredOne) {
  session::Settings settings;
  settings.rtt = 30ms;
  Conversation talk(GetParam(), settings);
  talk.shake_hands();
  talk.target(seg("A").seq(1).ack(1).len(536));
  talk.target(seg("A").seq(537).ack(1).len(536));
  talk.wait(29ms);
  talk.expect_nothing();
  talk.wait(2ms);
  talk.expect(seg("A").seq(1).ack(1073));
}

TEST_P(Data, KeepAliveProbeIsPassedOn) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(10));
  talk.expect(seg("PA").seq(1).ack(1).len(10));
  talk.target(seg("A").seq(1).ack(11));
  talk.wait(60s);
  talk.client(seg("A").seq(10).ack(1));
  talk.expect(seg("A").seq(10).ack(1));
  talk.target(seg("A").seq(1).ack(11));
  talk.expect_nothing();
}

TEST_P(Data, AbsurdSequenceNumberCostsNothing) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1'000'000'000).ack(1).len(10));
  talk.client(seg("PA").seq(1).ack(1).len(10));
  talk.expect(seg("PA").seq(1).ack(1).len(10));
  EXPECT_TRUE(talk.ledger().balanced());
}

}  // namespace
}  // namespace tcpcopy::test
