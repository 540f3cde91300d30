// SPDX-License-Identifier: BSD-3-Clause
// Windows of the target that close, shrink and open again. Its kernel looks at the sequence number
// first: beyond its window it drops what we send, acks and RSTs too (RFC 9293, 3.10.7.4).
#include "tests/scenario/numbers.hh"

namespace tcpcopy::test {
namespace {

using Window = Scenario;
FOR_ALL_NUMBERS(Window);

TcpOptions mss(std::uint16_t bytes) {
  TcpOptions options;
  options.mss = bytes;
  return options;
}

// As Linux probes: one number before what the target expects, without a byte, further and further
// apart, until it opens.
TEST_P(Window, ClosedOneIsProbedWithNothingNew) {
  Conversation talk(GetParam());
  talk.shake_hands(mss(1000), mss(1000));
  talk.target(seg("A").seq(1).ack(1).win(0));
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect_nothing();
  talk.wait(201ms);
  talk.expect(seg("A").seq(0).ack(1));
  talk.target(seg("A").seq(1).ack(1).win(0));
  talk.wait(399ms);
  talk.expect_nothing();
  talk.wait(2ms);
  talk.expect(seg("A").seq(0).ack(1));
  talk.target(seg("A").seq(1).ack(1).win(0));
  talk.wait(799ms);
  talk.expect_nothing();
  talk.wait(2ms);
  talk.expect(seg("A").seq(0).ack(1));
  talk.target(seg("A").seq(1).ack(1).win(1000));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  EXPECT_EQ(talk.ledger().retransmissions, 0U);
}

// A plain server reads, then writes, and does not read meanwhile. It must take our acks, or it
// stops for ever: they stand within its window though we have probed it.
TEST_P(Window, AcksAreTakenWhileTheWindowIsClosed) {
  session::Settings settings;
  settings.rtt = 60ms;
  Conversation talk(GetParam(), settings);
  talk.shake_hands(mss(1000), mss(1000), 1000);
  talk.client(seg("PA").seq(1).ack(1).len(3000));
  talk.expect(seg("A").seq(1).ack(1).len(1000));
  talk.target(seg("A").seq(1).ack(1001).win(0));
  talk.wait(201ms);
  talk.expect(seg("A").seq(1000).ack(1));
  talk.target(seg("A").seq(1).ack(1001).len(1000).win(0));
  talk.target(seg("A").seq(1001).ack(1001).len(1000).win(0));
  talk.wait(61ms);
  talk.expect(seg("A").seq(1001).ack(2001));
  talk.target(seg("A").seq(2001).ack(1001).win(2000));
  talk.expect(seg("A").seq(1001).ack(2001).len(1000));
  talk.expect(seg("PA").seq(2001).ack(2001).len(1000));
}

// A window that shrinks under what is in flight (RFC 9293, 3.8.6): Linux's tcp_acceptable_seq().
TEST_P(Window, AcksStandWithinAWindowThatShrank) {
  Conversation talk(GetParam());
  talk.shake_hands(mss(1000), mss(1000));
  talk.client(seg("PA").seq(1).ack(1).len(5000));
  for (int i = 0; i < 5; ++i)
    talk.expect(seg("A").seq(1 + 1000 * i).ack(1).len(1000));
  talk.target(seg("A").seq(1).ack(1001).len(1000).win(500));
  talk.target(seg("A").seq(1001).ack(1001).len(1000).win(500));
  talk.expect(seg("A").seq(1501).ack(2001));
}

TEST_P(Window, ResetStandsWithinAWindowThatShrank) {
  Conversation talk(GetParam());
  talk.shake_hands(mss(1000), mss(1000));
  talk.client(seg("PA").seq(1).ack(1).len(3000));
  for (int i = 0; i < 3; ++i)
    talk.expect(seg("A").seq(1 + 1000 * i).ack(1).len(1000));
  talk.target(seg("A").seq(1).ack(1001).win(0));
  talk.engine().shut_down(talk.now());
  talk.expect(seg("RA").seq(1001).ack(1));
}

// A scaled window is rounded down: less than its unit is no shrinking.
TEST_P(Window, RoundingIsNoShrinking) {
  Conversation talk(GetParam());
  TcpOptions scaled = mss(1000);
  scaled.window_scale = 7;
  talk.shake_hands(scaled, scaled);
  talk.client(seg("PA").seq(1).ack(1).len(2000));
  talk.expect(seg("A").seq(1).ack(1).len(1000));
  talk.expect(seg("PA").seq(1001).ack(1).len(1000));
  talk.target(seg("A").seq(1).ack(1001).win(7));  // 896 bytes of the 1,000
  talk.target(seg("PA").seq(1).ack(1001).len(100).win(7));
  talk.wait(50ms);
  talk.expect(seg("A").seq(2001).ack(101));
}

// SND.WL1 is that of a segment whose window was taken. What acknowledges bytes never sent is
// answered, and changes nothing.
TEST_P(Window, WindowIsTakenBehindAnAckOfWhatWasNeverSent) {
  Conversation talk(GetParam());
  talk.shake_hands(mss(1000), mss(1000), 1000);
  talk.client(seg("PA").seq(1).ack(1).len(3000));
  talk.expect(seg("A").seq(1).ack(1).len(1000));
  talk.target(seg("A").seq(5001).ack(9001).win(9000));
  talk.expect(seg("A").seq(1001).ack(1));
  talk.target(seg("A").seq(1).ack(1001).win(2000));
  talk.expect(seg("A").seq(1001).ack(1).len(1000));
  talk.expect(seg("PA").seq(2001).ack(1).len(1000));
}

TEST_P(Window, WindowOfAnOlderSegmentIsIgnored) {
  Conversation talk(GetParam());
  talk.shake_hands(mss(1000), mss(1000), 1000);
  talk.target(seg("PA").seq(1).ack(1).len(100).win(1000));
  talk.target(seg("A").seq(101).ack(1).win(0));
  talk.target(seg("A").seq(1).ack(1).win(1000));  // overtaken on its way
  talk.client(seg("PA").seq(1).ack(101).len(1000));
  talk.expect(seg("A").seq(1).ack(101));
  talk.expect_nothing();
  talk.target(seg("A").seq(101).ack(1).win(1000));
  talk.expect(seg("PA").seq(1).ack(101).len(1000));
}

}  // namespace
}  // namespace tcpcopy::test
