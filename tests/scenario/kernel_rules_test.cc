// SPDX-License-Identifier: BSD-3-Clause
// Rules of TCP that cost a session when they are broken, and that no other scenario would miss.
#include "tests/scenario/numbers.hh"

namespace tcpcopy::test {
namespace {

using KernelRules = Scenario;
FOR_ALL_NUMBERS(KernelRules);

TcpOptions with_mss(bool sack = false) {
  TcpOptions options;
  options.mss = 1000;
  options.sack_permitted = sack;
  return options;
}

void upload(Conversation& talk, int segments, bool sack = false) {
  talk.shake_hands(with_mss(sack), with_mss(sack));
  talk.client(seg("PA").seq(1).ack(1).len(static_cast<std::uint32_t>(1000 * segments)));
  for (int i = 0; i < segments; ++i)
    talk.expect(seg("A").seq(1 + 1000 * i).ack(1).len(1000));
  talk.expect_nothing();
}

// RFC 6298, 5.3.
TEST_P(KernelRules, ANewAckRestartsTheTimer) {
  Conversation talk(GetParam());
  upload(talk, 2);
  talk.wait(150ms);
  talk.target(seg("A").seq(1).ack(1001));
  talk.wait(190ms);
  talk.expect_nothing();
  talk.wait(200ms);  // the round trip was 150 ms: what that adds is not this test's
  talk.expect(seg("PA").seq(1001).ack(1).len(1000));
  talk.expect_nothing();
}

// RFC 5681, 2.
TEST_P(KernelRules, AnAckThatChangesTheWindowIsNoDuplicate) {
  Conversation talk(GetParam());
  upload(talk, 5);
  for (const int window : {60'000, 50'000, 40'000, 30'000})
    talk.target(seg("A").seq(1).ack(1).win(window));
  talk.expect_nothing();
  talk.target(seg("A").seq(1).ack(1).win(30'000));
  talk.target(seg("A").seq(1).ack(1).win(30'000));
  talk.expect_nothing();
  talk.target(seg("A").seq(1).ack(1).win(30'000));
  talk.expect(seg("A").seq(1).ack(1).len(1000));
}

// RFC 9293, 3.10.7.4: SND.WL1.
TEST_P(KernelRules, AWindowThatWasOvertakenDoesNotCount) {
  Conversation talk(GetParam());
  talk.shake_hands(with_mss(), with_mss());
  talk.target(seg("PA").seq(101).ack(1).len(100).win(10'000));
  talk.expect(seg("A").seq(1).ack(1));
  talk.target(seg("PA").seq(1).ack(1).len(100).win(0));
  talk.expect(seg("A").seq(1).ack(201));
  talk.client(seg("PA").seq(1).ack(1).len(1000));
  talk.expect(seg("PA").seq(1).ack(201).len(1000));
}

TEST_P(KernelRules, ALaterWindowCountsAlsoWithoutANewAck) {
  Conversation talk(GetParam());
  talk.shake_hands(with_mss(), with_mss());
  talk.target(seg("A").seq(1).ack(1).win(0));
  talk.client(seg("PA").seq(1).ack(1).len(1000));
  talk.expect_nothing();
  talk.target(seg("A").seq(1).ack(1).win(10'000));
  talk.expect(seg("PA").seq(1).ack(1).len(1000));
}

// Hears the numbers as they are sent.
class RawConversation : public Conversation {
 public:
  using Conversation::Conversation;
  void send(const ReplaySegment& segment, std::span<const Bytes> payload) override {
    Conversation::send(segment, payload);
    if (segment.flags.syn()) {
      syn_ = segment.seq.raw;
    } else {
      sent_to_ = segment.seq.raw + segment.payload_length;
    }
  }
  std::int32_t clear_by() const { return static_cast<std::int32_t>(syn_ - sent_to_); }

 private:
  std::uint32_t syn_ = 0;
  std::uint32_t sent_to_ = 0;
};

// RFC 9293, 3.4.3: nothing of the old connection that is still under way fits into the new one, and
// a target in TIME-WAIT takes its SYN (RFC 6191).
TEST_P(KernelRules, ANewConnectionHasNumbersClearOfTheLast) {
  RawConversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).says("GET /a HTTP/1.1\r\n\r\n"));
  talk.expect(seg("PA").seq(1).ack(1).says("GET /a HTTP/1.1\r\n\r\n"));
  talk.target(seg("PA").seq(1).ack(20).len(300));
  talk.target(seg("RA").seq(301).ack(20));
  talk.client(seg("PA").seq(20).ack(301).says("GET /b HTTP/1.1\r\n\r\n"));
  talk.wait(5s);
  talk.expect_reconnect(20);
  talk.expect(seg("S").seq(19));
  talk.expect(seg("S").seq(19));
  EXPECT_GT(talk.clear_by(), 65'535);
}

TcpOptions stamped(std::uint32_t value, std::uint32_t echo) {
  TcpOptions options;
  options.timestamps = TcpOptions::Timestamps{value, echo};
  return options;
}

// RFC 7323, 4.3: of segments that are in order the newest, and of none behind a gap.
TEST_P(KernelRules, OnlyTheTimestampOfWhatIsAcknowledgedIsEchoed) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0).opts(stamped(500, 0)));
  talk.expect(seg("S").seq(0));
  talk.target(seg("SA").seq(0).ack(1).opts(stamped(100, 500)));
  talk.client(seg("A").seq(1).ack(1));
  talk.expect(seg("A").seq(1).ack(1).opts(stamped(500, 100)));
  talk.target(seg("PA").seq(401).ack(1).len(400).opts(stamped(120, 500)));
  talk.expect(seg("A").seq(1).ack(1).opts(stamped(500, 100)));
  talk.target(seg("PA").seq(1).ack(1).len(400).opts(stamped(110, 500)));
  talk.expect(seg("A").seq(1).ack(801).opts(stamped(500, 110)));
  // An old one that comes late, twice even, sets nothing back.
  talk.target(seg("PA").seq(1).ack(1).len(400).opts(stamped(105, 500)));
  talk.expect(seg("A").seq(1).ack(801).opts(stamped(500, 110)));
}

// RFC 6298, 3 (Karn): whose transmission an ack answers is not known when there were several.
TEST_P(KernelRules, WhatWasSentAgainIsNotTimed) {
  Conversation talk(GetParam());
  talk.shake_hands(with_mss(), with_mss());
  talk.client(seg("PA").seq(1).ack(1).len(1000));
  talk.expect(seg("PA").seq(1).ack(1).len(1000));
  talk.wait(610ms);
  talk.expect(seg("PA").seq(1).ack(1).len(1000));
  talk.expect(seg("PA").seq(1).ack(1).len(1000));
  talk.target(seg("A").seq(1).ack(1001));
  // The next one is answered at once, so the timer is as for a near target.
  talk.client(seg("PA").seq(1001).ack(1).len(1000));
  talk.expect(seg("PA").seq(1001).ack(1).len(1000));
  talk.target(seg("A").seq(1).ack(2001));
  talk.client(seg("PA").seq(2001).ack(1).len(1000));
  talk.expect(seg("PA").seq(2001).ack(1).len(1000));
  talk.wait(195ms);
  talk.expect_nothing();
  talk.wait(15ms);
  talk.expect(seg("PA").seq(2001).ack(1).len(1000));
}

// RFC 5681, 3.1, (4) and (5): after a timeout it starts slowly.
TEST_P(KernelRules, ATimeoutLeavesAWindowOfOneSegment) {
  Conversation talk(GetParam());
  upload(talk, 8);
  talk.wait(210ms);
  talk.expect(seg("A").seq(1).ack(1).len(1000));
  talk.expect_nothing();
  talk.target(seg("A").seq(1).ack(1001));
  talk.expect(seg("A").seq(1001).ack(1).len(1000));
  talk.expect(seg("A").seq(2001).ack(1).len(1000));
  talk.expect_nothing();
}

// RFC 2018, 4: what lies between two blocks makes one of them.
TEST_P(KernelRules, AResponseThatBridgesGapsMergesThem) {
  Conversation talk(GetParam());
  talk.shake_hands(with_mss(true), with_mss(true));
  for (const int at : {1001, 3001, 5001}) {
    talk.target(seg("A").seq(at).ack(1).len(1000));
    talk.expect(seg("A").seq(1).ack(1));
  }
  talk.target(seg("A").seq(1501).ack(1).len(4000));
  talk.expect(seg("A").seq(1).ack(1).sack(1001, 6001));
  talk.target(seg("A").seq(7001).ack(1).len(1000));
  talk.expect(seg("A").seq(1).ack(1).sack(7001, 8001).sack(1001, 6001));
  talk.target(seg("A").seq(1).ack(1).len(1000));
  talk.expect(seg("A").seq(1).ack(6001).sack(7001, 8001));
}

TEST_P(KernelRules, ASackBlockThatBridgesOthersMergesThem) {
  Conversation talk(GetParam());
  upload(talk, 8, true);
  talk.target(seg("A").seq(1).ack(1).sack(1001, 2001).sack(3001, 4001));
  talk.expect_nothing();
  talk.target(seg("A").seq(1).ack(1).sack(1501, 3501));
  talk.expect(seg("A").seq(1).ack(1).len(1000));
  talk.expect_nothing();
  talk.target(seg("A").seq(1).ack(1).sack(5001, 8001));
  talk.expect(seg("A").seq(4001).ack(1).len(1000));
  talk.expect_nothing();
}

// What the target says before it has the whole request does not answer it.
TEST_P(KernelRules, BytesThatDoNotAnswerOpenNoGate) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.client(seg("PA").seq(101).ack(301).len(100));
  talk.target(seg("A").seq(1).ack(1).len(300));
  talk.expect_nothing();
  talk.expect_nothing();
  talk.target(seg("PA").seq(301).ack(101).len(300));
  talk.wait(2ms);
  talk.expect(seg("PA").seq(101).ack(601).len(100));
}

}  // namespace
}  // namespace tcpcopy::test
