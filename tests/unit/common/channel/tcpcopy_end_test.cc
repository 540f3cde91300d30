// SPDX-License-Identifier: BSD-3-Clause
#include "common/channel/tcpcopy_end.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "common/channel/intercept_end.hh"
#include "common/net/bytes.hh"
#include "tests/support/packet_bytes.hh"

namespace tcpcopy::channel {
namespace {

using namespace std::chrono_literals;
using test::ByteVector;
using testing::ElementsAre;
using testing::HasSubstr;

const Instant kNow(1h);
FlowKey flow(std::uint16_t port) {
  return {{Address::v4(0x3e87c801), port}, {Address::v4(0x0a00001e), 8080}};
}

class TcpcopyEndTest : public testing::Test {
 protected:
  void take(Bytes input) {
    end_.on_bytes(input, kNow, [this](const net::Parsed<Response>& response) {
      response ? seqs_.push_back(response.value.seq.raw) : void(++malformed_);
    });
  }
  /// What is unsent leaves, in pieces of a size.
  ByteVector sent(std::size_t piece_size) {
    ByteVector all;
    while (!end_.unsent().empty()) {
      const Bytes piece = end_.unsent().first(std::min(piece_size, end_.unsent().size()));
      test::append(all, piece);
      end_.on_sent(piece.size(), kNow);
    }
    return all;
  }
  /// A link's bytes, with responses of these numbers in frames of two.
  static ByteVector frames(const std::vector<std::uint32_t>& seqs, wire::FrameMode mode = {}) {
    InterceptEnd intercept({mode, 2}, kNow);
    for (const std::uint32_t seq : seqs) {
      const ByteVector packet = test::packet_bytes({.seq = seq});
      intercept.add(wire::headers_of(net::parse_tcp_packet(packet, net::Extent::kWhole).value));
    }
    return test::copy(intercept.unsent());
  }

  TcpcopyEnd end_{{}, kNow};
  std::vector<std::uint32_t> seqs_;
  int malformed_ = 0;
};

TEST_F(TcpcopyEndTest, BeginsWithVersion6AndOffersVersion7) {
  EXPECT_EQ(sent(100), test::bytes({0,   0,   0,   0,   0, 0, 0, 6, 0, 0, 0, 0, 0, 0,  //
                                    'T', 'C', 'P', '7', 0, 7, 0, 2, 0, 0, 0, 0, 0, 0}));
}

TEST_F(TcpcopyEndTest, RoutesFollowInOrderHoweverTheyAreWritten) {
  for (const std::size_t piece : {1U, 13U, 14U, 15U, 1000U}) {
    end_ = TcpcopyEnd({}, kNow);
    for (std::uint16_t port = 1; port <= 3; ++port)
      EXPECT_TRUE(end_.announce(flow(port)));
    ByteVector all = sent(piece);
    EXPECT_TRUE(end_.announce(flow(4)));
    test::append(all, sent(piece));
    std::vector<std::uint16_t> ports;
    InterceptEnd intercept({}, kNow);
    intercept.on_bytes(all, kNow, [&](const wire::Message& message) {
      ports.push_back(std::get<wire::AddRoute>(message).flow.client.port);
    });
    EXPECT_FALSE(intercept.over());
    EXPECT_EQ(intercept.version(), 6);
    EXPECT_THAT(ports, ElementsAre(1, 2, 3, 4));
  }
}

TEST_F(TcpcopyEndTest, AnInterceptThatReadsNothingHasABound) {
  std::size_t added = 0;
  while (end_.announce(flow(1)))
    ASSERT_LT(++added, TcpcopyEnd::kMaxUnsent);
  EXPECT_GE(end_.unsent().size(), TcpcopyEnd::kMaxUnsent);
  EXPECT_LT(end_.unsent().size(), TcpcopyEnd::kMaxUnsent + 14);
  end_.on_sent(100, kNow);
  EXPECT_TRUE(end_.announce(flow(1)));
}

TEST_F(TcpcopyEndTest, ResponsesMayBeCutAnywhere) {
  const ByteVector stream = frames({7, 8, 9});
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    seqs_.clear();
    end_ = TcpcopyEnd({}, kNow);
    take(Bytes(stream).first(cut));
    take(Bytes(stream).subspan(cut));
    EXPECT_THAT(seqs_, ElementsAre(7, 8, 9)) << "cut at " << cut;
    EXPECT_FALSE(end_.over());
  }
}

TEST_F(TcpcopyEndTest, ARecordThatHoldsNoResponseIsCountedAndTheNextIsTaken) {
  ByteVector stream = frames({7, 8, 9});
  stream[2] = std::byte{0};  // no IPv4
  take(stream);
  EXPECT_THAT(seqs_, ElementsAre(8, 9));
  EXPECT_EQ(malformed_, 1);
  EXPECT_FALSE(end_.over());
}

TEST_F(TcpcopyEndTest, AFrameThatCannotBeEndsTheLink) {
  ByteVector stream = frames({7, 8});
  test::append(stream, test::bytes("HTTP/1.1 400 Bad Request\r\n"));
  take(stream);
  EXPECT_THAT(seqs_, ElementsAre(7, 8)) << "what stood before it counts";
  ASSERT_TRUE(end_.over());
  EXPECT_EQ(end_.over()->reason, EndReason::kGarbage);
  EXPECT_THAT(end_.over()->detail, HasSubstr("a frame of 18516 records cannot be"));
}

TEST_F(TcpcopyEndTest, AnInterceptThatAnswersNothingSpeaksVersion6) {
  take(frames({7}));
  EXPECT_EQ(end_.version(), 0);
  EXPECT_EQ(end_.next_deadline(), kNow + TcpcopyEnd::kAnswerTime);
  end_.on_deadline(kNow + TcpcopyEnd::kAnswerTime);
  EXPECT_EQ(end_.version(), 6);
  EXPECT_EQ(end_.next_deadline(), kNever) << "it says no sign of life, and expects none";
  EXPECT_FALSE(end_.over());
}

// --- version 7, towards an intercept that is tried in intercept_end_test.cc

class BothEnds : public TcpcopyEndTest {
 protected:
  /// What both have to say arrives, in pieces of a size.
  void talk(std::size_t piece_size, Instant now = kNow) {
    while (!end_.unsent().empty() || !intercept_.unsent().empty()) {
      const ByteVector up = piece(end_.unsent(), piece_size);
      end_.on_sent(up.size(), now);
      if (!up.empty()) {
        intercept_.on_bytes(up, now, [this](const wire::Message& message) {
          ports_.push_back(std::get<wire::AddRoute>(message).flow.client.port);
        });
      }
      const ByteVector down = piece(intercept_.unsent(), piece_size);
      if (!down.empty()) intercept_.on_sent(down.size(), now);
      intercept_.settle(now, 1 << 20);
      if (!down.empty()) {
        end_.on_bytes(down, now, [this](const net::Parsed<Response>& response) {
          seqs_.push_back(response.value.seq.raw);
          payload_ = test::copy(response.value.payload);
          way_back_ = response.value.way_back;
        });
      }
      ASSERT_FALSE(end_.over()) << end_.over()->detail;
      ASSERT_FALSE(intercept_.over()) << intercept_.over()->detail;
    }
  }
  static ByteVector piece(Bytes from, std::size_t size) {
    return test::copy(from.first(std::min(size, from.size())));
  }
  void respond(std::uint32_t seq, Instant captured_at = {}) {
    const ByteVector packet = test::packet_bytes({.seq = seq, .payload = test::bytes("payload")});
    auto parsed = net::parse_tcp_packet(packet, net::Extent::kWhole).value;
    parsed.captured_at = captured_at;
    intercept_.add(wire::headers_of(parsed));
  }

  InterceptEnd intercept_{{.payload = 100, .about = "captures on eth0\n"}, kNow};
  std::vector<std::uint16_t> ports_;
  ByteVector payload_;
  std::optional<Duration> way_back_;
};

TEST_F(BothEnds, AgreeOnVersion7WithoutWaiting) {
  for (const bool combined : {true, false}) {
    for (const std::size_t piece : {1U, 2U, 3U, 14U, 15U, 40U, 1000U}) {
      const wire::FrameMode mode{combined, false};
      end_ = TcpcopyEnd({mode, true, 4}, kNow);
      intercept_ = InterceptEnd({mode, 0, 100, "captures on eth0\n"}, kNow);
      ports_.clear();
      seqs_.clear();
      ASSERT_TRUE(end_.announce(flow(1)));  // before the answer can be here
      talk(piece);
      EXPECT_EQ(end_.version(), 7);
      EXPECT_EQ(intercept_.version(), 7);
      EXPECT_EQ(end_.about(), "captures on eth0?") << "nothing that a terminal would obey";
      ASSERT_TRUE(intercept_.wishes());
      EXPECT_TRUE(intercept_.wishes()->single);
      ASSERT_TRUE(end_.announce(flow(2)));
      respond(77);
      talk(piece);
      EXPECT_THAT(ports_, ElementsAre(1, 2));
      EXPECT_THAT(seqs_, ElementsAre(77));
      EXPECT_EQ(payload_, test::bytes("payl"));
    }
  }
}

TEST_F(BothEnds, LiveAndMeasureTheWay) {
  talk(1000);
  for (int second = 0; second < 10; ++second) {
    const Instant now = kNow + 1s * second;
    end_.set_seen({1, 2});
    intercept_.set_seen({3, 4});
    end_.on_deadline(now);
    intercept_.on_deadline(now);
    talk(1000, now);
  }
  EXPECT_EQ(end_.liveness().round_trip(), Duration(0));
  EXPECT_EQ(end_.liveness().peers_seen(), (wire::Seen{3, 4}));
  EXPECT_EQ(intercept_.liveness().peers_seen(), (wire::Seen{1, 2}));
}

TEST_F(BothEnds, KnowHowLongAResponseWasUnderWay) {
  talk(1000);
  respond(77, kNow - 3ms);
  talk(1000);
  EXPECT_FALSE(way_back_) << "the clocks are not compared yet";
  for (const Instant now : {kNow, kNow + 1s}) {
    end_.on_deadline(now);
    intercept_.on_deadline(now);
    talk(1000, now);
  }
  respond(78, kNow + 2s - 3ms);
  talk(1000, kNow + 2s);
  EXPECT_EQ(way_back_, 3ms);
}

TEST_F(BothEnds, AskAndTell) {
  EXPECT_FALSE(end_.ask({flow(1)})) << "it is not known yet whether it takes questions";
  talk(1000);
  ASSERT_TRUE(end_.ask({flow(1)}));
  const ByteVector question = test::copy(end_.unsent());
  end_.on_sent(question.size(), kNow);
  int asked = 0;
  intercept_.on_bytes(question, kNow, [&](const wire::Message& message) {
    EXPECT_EQ(std::get<wire::Ask>(message).flow, flow(1));
    ++asked;
  });
  EXPECT_EQ(asked, 1);
  for (std::uint32_t i = 1; i <= TcpcopyEnd::kMaxTold + 1; ++i)
    intercept_.tell({flow(1), i, {}, {}, {}, {}, {}}, kNow);
  talk(7);
  const auto told = end_.take_told();
  ASSERT_EQ(told.size(), TcpcopyEnd::kMaxTold) << "no more wait than that";
  EXPECT_EQ(told.front(), (wire::Tell{flow(1), 1, {}, {}, {}, {}, {}}));
  EXPECT_TRUE(end_.take_told().empty());
}

TEST_F(BothEnds, AnInterceptThatSaysNothingAnyMoreIsGivenUp) {
  talk(1000);
  end_.on_deadline(kNow + Liveness::kPatience - 1ns);
  EXPECT_FALSE(end_.over());
  end_.on_deadline(kNow + Liveness::kPatience);
  ASSERT_TRUE(end_.over());
  EXPECT_EQ(end_.over()->reason, EndReason::kDead);
}

TEST_F(BothEnds, GarbageInVersion7EndsTheLink) {
  talk(1000);
  take(test::bytes({1, 0, 0, 0}));
  ASSERT_TRUE(end_.over());
  EXPECT_EQ(end_.over()->reason, EndReason::kGarbage);
}

}  // namespace
}  // namespace tcpcopy::channel
