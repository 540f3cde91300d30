// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/replay/sender.hh"

#include <gtest/gtest.h>

#include <vector>

#include "tcpcopy/session/limits.hh"

namespace tcpcopy::session {
namespace {

constexpr std::uint32_t kMss = 1000;
constexpr std::uint32_t kWindow = 65535;
constexpr Duration kTick = 1us;  // the round trip of the handshake

/// A connection whose first byte stands at 0, full segments of 1,000 bytes.
class SenderTest : public ::testing::Test {
 protected:
  struct Sent {
    std::int64_t begin;
    std::uint32_t length;
    bool fin = false;
    bool again = false;
    friend bool operator==(const Sent&, const Sent&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Sent& sent) {
      return out << sent.begin << '+' << sent.length << (sent.fin ? " fin" : "")
                 << (sent.again ? " again" : "");
    }
  };
  using Segments = std::vector<Sent>;

  void open(std::uint32_t window = kWindow) {
    sender_.measure_handshake(kTick);
    sender_.open(ReplayOffset(0), kMss, window);
  }

  Segments take(const Sender::Offer& offer) {
    Segments segments;
    while (const auto sent = sender_.next(offer, now_)) {
      if (segments.size() == 100) break;
      segments.push_back({sent->begin.value, sent->length, sent->fin, sent->again});
    }
    return segments;
  }
  Segments send(std::int64_t to) {
    offer_ = {ReplayOffset(to), false};
    return take(offer_);
  }
  /// What is sent when the timer fires, which it does after so long.
  Segments at_timer(Duration after) {
    EXPECT_EQ(sender_.deadline(), now_ + after);
    now_ = sender_.deadline();
    sender_.on_deadline(offer_, now_);
    return take(offer_);
  }
  bool ack(std::int64_t at, std::uint32_t window = kWindow) {
    return sender_.on_ack({.ack = ReplayOffset(at), .window = window}, now_);
  }
  void sack(std::int64_t at, std::int64_t begin, std::int64_t end) {
    const bool news = sender_.sack({ReplayOffset(begin), ReplayOffset(end)});
    sender_.on_ack({.ack = ReplayOffset(at), .window = kWindow, .news = news}, now_);
  }
  /// Sends and acknowledges full segments until the congestion window is so many bytes or more.
  std::int64_t widen(std::int64_t window) {
    std::int64_t end = 0;
    for (std::int64_t sent = 0; sent < window;) {
      const std::int64_t from = sender_.snd_nxt().value;
      send(from + 200'000);
      end = sender_.snd_nxt().value;
      sent = end - from;
      for (std::int64_t at = from + kMss; at <= end; at += kMss)
        ack(at, 1'000'000);
    }
    return end;
  }

  Instant now_{std::chrono::seconds(5000)};
  Sender sender_;
  Sender::Offer offer_;
};

// --- Timer: RFC 6298.

// The floor of 200 ms stands above the round trip, as in Linux.
TEST_F(SenderTest, TimeoutStandsAFloorAboveTheRoundTrip) {
  open();
  send(100);
  EXPECT_EQ(at_timer(200ms + kTick), (Segments{{0, 100, false, true}}));
}

// RFC 6298, 5.5.
TEST_F(SenderTest, TimeoutDoublesEachTime) {
  open();
  send(100);
  at_timer(200ms + kTick);
  at_timer(2 * (200ms + kTick));
  at_timer(4 * (200ms + kTick));
}

// RFC 6298, 5.3.
TEST_F(SenderTest, NewAckRestartsTheTimer) {
  open();
  send(3000);
  now_ += 150ms;
  ack(1000);
  EXPECT_GT(sender_.deadline(), now_ + 200ms);
  now_ += 150ms;
  ack(1000);  // not new
  EXPECT_LT(sender_.deadline(), now_ + 200ms);
  ack(3000);  // 5.2: nothing is in flight
  EXPECT_EQ(sender_.deadline(), kNever);
}

// Karn (RFC 6298, 3): the ack may be one of the first transmission.
TEST_F(SenderTest, WhatWasSentAgainIsNotTimed) {
  open();
  send(100);
  at_timer(200ms + kTick);
  now_ += 50ms;
  ack(100);
  EXPECT_EQ(sender_.rtt().srtt(), kTick);
}

// The same for bytes behind it, whose ack waited for what was lost.
TEST_F(SenderTest, WhatWaitedForARepetitionIsNotTimed) {
  open();
  send(4000);
  for (int i = 0; i < 3; ++i)
    ack(0);
  EXPECT_EQ(send(4000), (Segments{{0, 1000, false, true}}));
  now_ += 50ms;
  ack(4000);
  EXPECT_EQ(sender_.rtt().srtt(), kTick);
}

// Karn: the back-off stays until something was timed (RFC 6298, 5.7).
TEST_F(SenderTest, BackOffEndsWithAMeasurement) {
  open();
  send(100);
  at_timer(200ms + kTick);
  ack(100);
  send(200);
  EXPECT_EQ(sender_.deadline(), now_ + 2 * (200ms + kTick));
  now_ += 1ms;
  ack(200);
  send(300);
  EXPECT_LT(sender_.deadline(), now_ + 300ms);
}

// --- Congestion window: RFC 5681.

// RFC 5681, 3.1: the loss window is one segment.
TEST_F(SenderTest, OneSegmentAfterATimeout) {
  open();
  EXPECT_EQ(send(10'000).size(), 10U);
  EXPECT_EQ(at_timer(200ms + kTick), (Segments{{0, 1000, false, true}}));
  ack(1000);
  EXPECT_EQ(send(10'000), (Segments{{1000, 1000, false, true}, {2000, 1000, false, true}}));
}

// RFC 5681, 3.1, (4): and it grows fast only to half of what was in flight.
TEST_F(SenderTest, SlowStartEndsAtHalfAfterATimeout) {
  open();
  send(10'000);
  at_timer(200ms + kTick);
  for (const std::int64_t at : {1000, 3000, 5000, 7000, 10'000}) {
    ack(at);
    send(10'000);
  }
  EXPECT_EQ(send(30'000).size(), 7U);
}

// RFC 5681, 4.1.
TEST_F(SenderTest, CongestionWindowRestartsAfterIdle) {
  open(1'000'000);
  const std::int64_t end = widen(40'000);
  now_ += sender_.rtt().rto() + 1ms;
  EXPECT_EQ(send(end + 100'000).size(), kInitialWindowSegments);
}

TEST_F(SenderTest, CongestionWindowStaysWhileDataFlows) {
  open(1'000'000);
  const std::int64_t end = widen(40'000);
  now_ += sender_.rtt().rto() - 1ms;
  EXPECT_GE(send(end + 100'000).size(), 40U);
}

// --- Duplicate acks: RFC 5681, 2.

TEST_F(SenderTest, ThreeDuplicateAcksSendAgain) {
  open();
  send(5000);
  ack(0);
  ack(0);
  EXPECT_EQ(send(5000), Segments());
  ack(0);
  EXPECT_EQ(send(5000), (Segments{{0, 1000, false, true}}));
}

// 2, (e): one with another window is a window update.
TEST_F(SenderTest, AcksWithAnotherWindowAreNoDuplicates) {
  open();
  send(5000);
  for (std::uint32_t i = 1; i <= 5; ++i)
    ack(0, kWindow - i);
  EXPECT_EQ(send(5000), Segments());
}

// 2, (b) and (a): data of the target, or nothing of ours in flight.
TEST_F(SenderTest, DataAndKeepAliveAnswersAreNoDuplicates) {
  open();
  for (int i = 0; i < 5; ++i)
    ack(0);
  send(5000);
  for (int i = 0; i < 5; ++i)
    sender_.on_ack({.ack = ReplayOffset(0), .window = kWindow, .bare = false}, now_);
  EXPECT_EQ(send(5000), Segments());
}

// --- SACK: RFC 2018, 6675.

// RFC 2018, 8: the target may drop what it had reported.
TEST_F(SenderTest, LeftEdgeIsSentAgainWhateverWasReported) {
  open();
  send(3000);
  sack(0, 0, 2000);
  EXPECT_EQ(at_timer(200ms + kTick), (Segments{{0, 1000, false, true}}));
  ack(1000);
  EXPECT_EQ(send(3000), (Segments{{1000, 1000, false, true}, {2000, 1000, false, true}}));
}

// What was reported beyond the left edge is kept, as Linux does: only what is missing is sent
// again.
TEST_F(SenderTest, TimeoutKeepsWhatWasReportedElsewhere) {
  open();
  send(4000);
  sack(0, 2000, 3000);
  EXPECT_EQ(at_timer(200ms + kTick), (Segments{{0, 1000, false, true}}));
  ack(1000);
  EXPECT_EQ(send(4000), (Segments{{1000, 1000, false, true}, {3000, 1000, false, true}}));
}

// An ack that ends where a reported range begins: the target has dropped it. Linux forgets what
// was reported a moment later, much sooner than the timer would.
TEST_F(SenderTest, RenegingIsSeenByTheAck) {
  open();
  send(6000);
  sack(0, 1000, 2000);
  ack(1000);
  EXPECT_EQ(at_timer(kRenegingDelay), (Segments{{1000, 1000, false, true}}));
  ack(2000);
  EXPECT_EQ(send(6000), (Segments{{2000, 1000, false, true}, {3000, 1000, false, true}}));
}

// --- Windows: RFC 9293, 3.8.6.

// 3.10.7.4, SND.WL1: a window that an older segment brings does not count.
TEST_F(SenderTest, WindowOfAnOlderSegmentIsIgnored) {
  open(2000);
  EXPECT_EQ(send(5000).size(), 2U);
  sender_.on_ack({.ack = ReplayOffset(0), .window = kWindow, .current = false}, now_);
  EXPECT_EQ(send(5000), Segments());
  sender_.on_ack({.ack = ReplayOffset(1000), .window = 0, .current = false}, now_);
  EXPECT_EQ(send(5000), (Segments{{2000, 1000}}));
}

// SND.WL2: neither does that of an older ack, nor of one that acknowledges what was never sent.
TEST_F(SenderTest, WindowOfAnOlderAckIsIgnored) {
  open(2000);
  send(2000);
  ack(2000, 2000);
  EXPECT_TRUE(ack(1000, kWindow));
  EXPECT_FALSE(ack(2001, kWindow));
  EXPECT_EQ(send(9000).size(), 2U);
}

// A probe brings nothing new (Linux: tcp_xmit_probe_skb()), and moves nothing.
TEST_F(SenderTest, ProbeCarriesNoNewByte) {
  open(0);
  EXPECT_EQ(send(5000), Segments());
  EXPECT_EQ(at_timer(200ms + kTick), (Segments{{-1, 0}}));
  EXPECT_EQ(sender_.snd_nxt(), ReplayOffset(0));
  EXPECT_EQ(sender_.acceptable_seq(), ReplayOffset(0));
  ack(0, 0);
  EXPECT_EQ(send(5000), Segments());
}

TEST_F(SenderTest, ProbesBackOff) {
  open(0);
  send(5000);
  const Duration rto = 200ms + kTick;
  for (const Duration wait : {rto, 2 * rto, 4 * rto, 8 * rto, 16 * rto, 32 * rto}) {
    EXPECT_EQ(at_timer(wait), (Segments{{-1, 0}}));
    ack(0, 0);  // the answer does not end the back-off
  }
  at_timer(kMaxRto);
  at_timer(kMaxRto);
}

// They are neither losses nor measurements: the congestion window and the timer stay.
TEST_F(SenderTest, ProbesCostNothingWhenTheWindowOpens) {
  open(0);
  send(20'000);
  at_timer(200ms + kTick);
  at_timer(2 * (200ms + kTick));
  ack(0);
  EXPECT_EQ(send(20'000).size(), kInitialWindowSegments);
  EXPECT_EQ(sender_.deadline(), now_ + 200ms + kTick);
}

TEST_F(SenderTest, BackOffOfProbesBeginsAnew) {
  open(0);
  send(1000);
  at_timer(200ms + kTick);
  ack(0);
  EXPECT_EQ(send(1000), (Segments{{0, 1000}}));
  ack(1000, 0);
  send(2000);
  EXPECT_EQ(at_timer(sender_.rtt().rto()), (Segments{{999, 0}}));
  EXPECT_EQ(at_timer(2 * sender_.rtt().rto()), (Segments{{999, 0}}));
}

// A FIN takes a number: it waits for the window as a byte does.
TEST_F(SenderTest, FinRidesOnTheLastByteOfASegmentThatIsNotTooLarge) {
  open();
  EXPECT_EQ(take({ReplayOffset(1001), true}), (Segments{{0, 1000}, {1000, 1, true}}));
  open();
  EXPECT_EQ(take({ReplayOffset(1000), true}), (Segments{{0, 1000, true}}));
}

TEST_F(SenderTest, FinWaitsForTheWindow) {
  open(1000);
  offer_ = {ReplayOffset(1000), true};
  EXPECT_EQ(take(offer_), (Segments{{0, 1000}}));
  ack(1000, 0);
  EXPECT_EQ(take(offer_), Segments());
  EXPECT_EQ(at_timer(sender_.rtt().rto()), (Segments{{999, 0}}));
  ack(1000, 1000);
  EXPECT_EQ(take(offer_), (Segments{{1000, 0, true}}));
}

// Beyond a window that has shrunk the target looks at nothing, not even at our acks.
TEST_F(SenderTest, WhatCarriesNoDataStandsWithinTheWindow) {
  open(5000);
  send(5000);
  EXPECT_EQ(sender_.acceptable_seq(), ReplayOffset(5000));
  ack(1000, 2000);
  EXPECT_EQ(sender_.acceptable_seq(), ReplayOffset(3000));
  ack(1000, 0);
  EXPECT_EQ(sender_.acceptable_seq(), ReplayOffset(1000));
  ack(1000, 10'000);
  EXPECT_EQ(sender_.acceptable_seq(), ReplayOffset(5000));
}

// A window is rounded down when it is announced: it has not shrunk by less than its unit.
TEST_F(SenderTest, RoundingOfTheWindowIsNoShrinking) {
  open(5000);
  send(5000);
  ack(1000, 4000 - 127);
  EXPECT_EQ(sender_.acceptable_seq(128), ReplayOffset(5000));
  EXPECT_EQ(sender_.acceptable_seq(64), ReplayOffset(5000 - 127));
}

// Behind a shrunk window only the left edge is sent again.
TEST_F(SenderTest, NothingIsSentAgainBeyondAShrunkWindow) {
  open(5000);
  send(5000);
  ack(0, 1000);
  EXPECT_EQ(at_timer(200ms + kTick), (Segments{{0, 1000, false, true}}));
  ack(1000, 0);
  EXPECT_EQ(send(5000), (Segments{{1000, 1000, false, true}}));
}

TEST(Sender, IsSmall) { EXPECT_LE(sizeof(Sender), 96U); }

}  // namespace
}  // namespace tcpcopy::session
