// SPDX-License-Identifier: BSD-3-Clause
#include "common/channel/intercept_end.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "common/net/bytes.hh"
#include "common/wire/route_message.hh"
#include "tests/support/packet_bytes.hh"

namespace tcpcopy::channel {
namespace {

using namespace std::chrono_literals;
using test::bytes;
using test::ByteVector;
using testing::HasSubstr;
using wire::RouteMessage;

constexpr Duration kTime = InterceptEnd::kMessageTime;
constexpr std::size_t kMaxQueued = 1000;
Instant at(Duration time) { return Instant(1h + time); }

const FlowKey kFlow{{Address::v4(0x3e87c801), 40000}, {Address::v4(0x0a00001e), 8080}};
const RouteMessage kVersion = RouteMessage::version(6);
const RouteMessage kAdd = RouteMessage::add_route(kFlow);

RouteMessage deletion() {
  RouteMessage message = kAdd;
  message.type = static_cast<std::uint16_t>(RouteMessage::Type::kDeleteRoute);
  return message;
}

class InterceptEndTest : public testing::Test {
 protected:
  /// @return why the link has to be closed.
  std::string take(Bytes input, Instant now = at(0s)) {
    end_.on_bytes(input, now, [this](const wire::Message& message) {
      if (const auto* route = std::get_if<wire::AddRoute>(&message)) routes_.push_back(route->flow);
      if (std::holds_alternative<wire::DeleteRoute>(message)) ++deletions_;
    });
    return end_.over() ? end_.over()->detail : "";
  }
  std::string take(const RouteMessage& message, Instant now = at(0s)) {
    return take(Bytes(encode(message)), now);
  }
  std::string overdue(Instant now) {
    end_.on_deadline(now);
    return end_.over() ? end_.over()->detail : "";
  }

  void add(std::size_t records) {
    for (std::size_t i = 0; i < records; ++i) {
      const ByteVector record(wire::kHeaderRecordSize, static_cast<std::byte>(++added_));
      end_.add(test::headers_in(record));
    }
  }
  /// The socket takes so many bytes, and no more.
  void write(std::size_t most, Instant now = at(0s)) {
    while (most > 0 && !end_.unsent().empty()) {
      const Bytes piece = end_.unsent().first(std::min(most, end_.unsent().size()));
      test::append(written_, piece);
      most -= piece.size();
      end_.on_sent(piece.size(), now);
    }
    end_.settle(now, kMaxQueued);
  }
  /// The numbers of the records that were written; the test fails when a frame is broken.
  std::vector<int> records_written() {
    std::vector<int> numbers;
    wire::FrameDecoder decoder{wire::FrameMode{}};
    Bytes rest(written_);
    while (const auto record = decoder.next(rest))
      numbers.push_back(std::to_integer<int>((*record)[63]));
    EXPECT_FALSE(decoder.bad_count());
    EXPECT_EQ(written_.size() % 66, 0U) << "frames of one record each";
    return numbers;
  }

  static InterceptEnd fresh_end() {
    InterceptEnd::Settings settings;
    settings.max_records = 1;
    settings.payload = 100;
    settings.about = "captures on eth0";
    return {settings, at(0s)};
  }

  InterceptEnd end_ = fresh_end();
  std::vector<FlowKey> routes_;
  int deletions_ = 0;
  int added_ = 0;
  ByteVector written_;
};

TEST_F(InterceptEndTest, TheVersionIsNotHandedOn) {
  EXPECT_EQ(take(kVersion), "");
  EXPECT_TRUE(routes_.empty());
  EXPECT_EQ(take(kAdd), "");
  EXPECT_EQ(routes_, std::vector{kFlow});
}

TEST_F(InterceptEndTest, AnotherVersionIsTolerated) {
  EXPECT_EQ(take(RouteMessage::version(5)), "");
  EXPECT_EQ(end_.version(), 5);
  EXPECT_EQ(take(kAdd), "");
  EXPECT_EQ(routes_, std::vector{kFlow});
}

TEST_F(InterceptEndTest, HasGreetedOnceItSaidItsVersion) {
  EXPECT_FALSE(end_.greeted());
  ASSERT_EQ(take(Bytes(encode(kVersion)).first(13)), "");
  EXPECT_FALSE(end_.greeted());
  ASSERT_EQ(take(Bytes(encode(kVersion)).subspan(13)), "");
  EXPECT_TRUE(end_.greeted());
  EXPECT_EQ(end_.version(), 6);
}

TEST_F(InterceptEndTest, AnOldClientBeginsWithARoute) {
  EXPECT_EQ(take(kAdd), "");
  EXPECT_TRUE(end_.greeted());
  EXPECT_EQ(end_.version(), 0);
  EXPECT_EQ(routes_, std::vector{kFlow});
}

TEST_F(InterceptEndTest, MessagesMayBeCutAnywhere) {
  ByteVector stream = test::copy(encode(kVersion));
  test::append(stream, encode(kAdd));
  test::append(stream, encode(deletion()));
  test::append(stream, encode(kAdd));
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    end_ = fresh_end();
    routes_.clear();
    deletions_ = 0;
    EXPECT_EQ(take(Bytes(stream).first(cut)), "");
    EXPECT_EQ(take(Bytes(stream).subspan(cut)), "");
    EXPECT_EQ(routes_, (std::vector{kFlow, kFlow})) << "cut at " << cut;
    EXPECT_EQ(deletions_, 1);
  }
}

TEST_F(InterceptEndTest, AnHttpRequestIsNoMessage) {
  EXPECT_THAT(take(bytes("GET / HTTP/1.1\r\n\r\n")), HasSubstr("no message of a tcpcopy"));
  EXPECT_EQ(end_.over()->reason, EndReason::kGarbage);
  EXPECT_FALSE(end_.greeted());
  EXPECT_TRUE(routes_.empty());
}

TEST_F(InterceptEndTest, AnUnknownTypeLaterIsRefused) {
  ASSERT_EQ(take(kVersion), "");
  RouteMessage message = kAdd;
  message.type = 9;
  EXPECT_THAT(take(message), HasSubstr("message type 9 is unknown"));
  EXPECT_TRUE(routes_.empty());
}

TEST_F(InterceptEndTest, AVersionLaterIsRefused) {
  ASSERT_EQ(take(kVersion), "");
  EXPECT_THAT(take(RouteMessage::version(1)), HasSubstr("it says again that it is of version 1"));
  EXPECT_TRUE(routes_.empty());
}

TEST_F(InterceptEndTest, WhatStandsBeforeGarbageCounts) {
  ByteVector stream = test::copy(encode(kVersion));
  test::append(stream, encode(kAdd));
  test::append(stream, test::pattern(14));
  test::append(stream, encode(kAdd));
  EXPECT_NE(take(stream), "");
  EXPECT_EQ(routes_, std::vector{kFlow});
}

TEST_F(InterceptEndTest, SilenceAfterTheConnectIsOverdue) {
  EXPECT_EQ(end_.next_deadline(), at(kTime));
  EXPECT_EQ(overdue(at(kTime - 1ns)), "");
  EXPECT_THAT(overdue(at(kTime)), HasSubstr("said nothing in time"));
  EXPECT_EQ(end_.over()->reason, EndReason::kSilent);
}

TEST_F(InterceptEndTest, SilenceAfterTheVersionIsNot) {
  ASSERT_EQ(take(kVersion), "");
  EXPECT_EQ(end_.next_deadline(), kNever);
  EXPECT_EQ(overdue(at(1000h)), "");
}

TEST_F(InterceptEndTest, AMessageThatIsNotFinishedIsOverdue) {
  ASSERT_EQ(take(kVersion), "");
  ASSERT_EQ(take(bytes({0x3e}), at(100s)), "");
  ASSERT_EQ(take(bytes({0x87}), at(105s)), "");  // a trickle wins no time
  EXPECT_EQ(end_.next_deadline(), at(100s + kTime));
  EXPECT_EQ(overdue(at(100s + kTime - 1ns)), "");
  EXPECT_THAT(overdue(at(100s + kTime)), HasSubstr("did not finish it"));
}

TEST_F(InterceptEndTest, AMessageThatIsFinishedIsNot) {
  ASSERT_EQ(take(kVersion), "");
  const auto encoded = encode(kAdd);
  ASSERT_EQ(take(Bytes(encoded).first(5), at(100s)), "");
  ASSERT_EQ(take(Bytes(encoded).subspan(5), at(109s)), "");
  EXPECT_EQ(overdue(at(1000h)), "");
}

TEST_F(InterceptEndTest, WhatTheSocketTakesAtOnceNeverWaits) {
  add(3);
  write(1000);
  EXPECT_FALSE(end_.waiting());
  EXPECT_TRUE(end_.unsent().empty());
  EXPECT_EQ(records_written(), (std::vector{1, 2, 3}));
}

TEST_F(InterceptEndTest, WhatItTakesInPartWaitsAndFollows) {
  for (std::size_t part = 0; part < 3 * 66; ++part) {
    end_ = fresh_end();
    added_ = 0;
    written_.clear();
    add(3);
    write(part);
    EXPECT_TRUE(end_.waiting());
    EXPECT_EQ(end_.queue().records(), 3U);
    add(2);
    write(0);
    add(1);
    write(2000);
    EXPECT_FALSE(end_.waiting());
    EXPECT_EQ(records_written(), (std::vector{1, 2, 3, 4, 5, 6})) << "cut at " << part;
  }
}

TEST_F(InterceptEndTest, AboveTheBoundTheOldestAreLostButNotTheOneThatWasBegun) {
  add(5);
  write(10);  // of 330
  for (int i = 0; i < 3; ++i) {
    add(5);
    write(0);
    ASSERT_LE(end_.queue().bytes(), kMaxQueued);
  }
  EXPECT_EQ(end_.queue().dropped_records(), 5U);
  EXPECT_EQ(end_.queue().dropped_bytes(), 330U);
  write(2000);
  EXPECT_EQ(records_written(),
            (std::vector{1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}));
}

TEST_F(InterceptEndTest, AReaderThatTakesNothingForLongIsStalled) {
  ASSERT_EQ(take(kVersion), "");
  add(5);
  write(100, at(10s));
  EXPECT_EQ(end_.next_deadline(), at(10s + InterceptEnd::kStallTime));
  add(1);
  write(0, at(30s));  // what is added changes nothing
  write(1, at(40s));
  EXPECT_EQ(overdue(at(40s + InterceptEnd::kStallTime - 1ns)), "");
  EXPECT_THAT(overdue(at(40s + InterceptEnd::kStallTime)), HasSubstr("reads nothing any more"));
  EXPECT_EQ(end_.over()->reason, EndReason::kStalled);
}

TEST_F(InterceptEndTest, AnIdleLinkIsNotStalledByItsFirstWait) {
  ASSERT_EQ(take(kVersion), "");
  add(1);
  write(0, at(10h));
  EXPECT_EQ(end_.next_deadline(), at(10h + InterceptEnd::kStallTime));
}

// --- version 7

RouteMessage offer() {
  RouteMessage message;
  message.type = static_cast<std::uint16_t>(RouteMessage::Type::kDeleteRoute);
  message.flow.client = {Address::v4(0x54435037), 7};
  return message;
}

class InterceptEndOfVersion7 : public InterceptEndTest {
 protected:
  /// tcpcopy offers, and what intercept answers is taken.
  void offer_and_hear() {
    ASSERT_EQ(take(kVersion), "");
    ASSERT_EQ(take(offer()), "");
    write(1000);
    ASSERT_EQ(net::load_be16(written_.data()), 0xffff);
    hear();
  }
  void agree(const wire::Hello& hello = {7}) {
    offer_and_hear();
    ASSERT_EQ(take(RouteMessage::version(7)), "");
    ByteVector bytes;
    wire::encode_v7(hello, bytes);
    ASSERT_EQ(take(bytes), "");
  }
  std::string take_v7(const auto& message, Instant now = at(0s)) {
    ByteVector bytes;
    wire::encode_v7(message, bytes);
    return take(Bytes(bytes), now);
  }
  using InterceptEndTest::take;

  /// Decodes what was written since the last time.
  void hear() {
    Bytes rest = Bytes(written_).subspan(heard_);
    if (heard_ == 0) rest = rest.subspan(2);
    heard_ = written_.size();
    while (const auto message = decoder_.decode(rest)) {
      if (const auto* hello = std::get_if<wire::Hello>(&*message)) about_ = hello->about;
      if (const auto* headers = std::get_if<wire::CapturedHeaders>(&*message)) {
        payloads_.push_back(test::copy(headers->payload));
      }
      if (std::holds_alternative<wire::Alive>(*message)) ++alive_;
    }
    EXPECT_FALSE(decoder_.fault());
  }

  void agreed_write() {
    write(100'000);
    hear();
  }

  void add_packet(std::size_t payload) {
    const ByteVector packet = test::packet_bytes({.payload = test::pattern(payload)});
    end_.add(wire::headers_of(net::parse_tcp_packet(packet, net::Extent::kWhole).value));
  }

  wire::DecoderV7 decoder_;
  std::size_t heard_ = 0;
  std::string about_;
  std::vector<ByteVector> payloads_;
  int alive_ = 0;
};

TEST_F(InterceptEndOfVersion7, AnswersAnOfferAndSaysWhatItIs) {
  offer_and_hear();
  EXPECT_EQ(about_, "captures on eth0");
  EXPECT_EQ(end_.version(), 6) << "until tcpcopy speaks it as well";
  EXPECT_FALSE(end_.wishes());
}

TEST_F(InterceptEndOfVersion7, AnswersOnce) {
  offer_and_hear();
  ASSERT_EQ(take(offer()), "");
  EXPECT_TRUE(end_.unsent().empty());
}

TEST_F(InterceptEndOfVersion7, RoutesOfBothVersionsAreTaken) {
  ASSERT_EQ(take(kVersion), "");
  ASSERT_EQ(take(offer()), "");
  ASSERT_EQ(take(kAdd), "");
  ASSERT_EQ(take(RouteMessage::version(7)), "");
  ASSERT_EQ(take_v7(wire::Hello{7}), "");
  ASSERT_EQ(take_v7(wire::AddRoute{kFlow}), "");
  EXPECT_EQ(routes_, (std::vector{kFlow, kFlow}));
  EXPECT_EQ(end_.version(), 7);
}

TEST_F(InterceptEndOfVersion7, TheWholeBeginningMayBeCutAnywhere) {
  ByteVector stream = test::copy(encode(kVersion));
  test::append(stream, encode(offer()));
  test::append(stream, encode(RouteMessage::version(7)));
  wire::encode_v7(wire::Hello{7, true}, stream);
  wire::encode_v7(wire::AddRoute{kFlow}, stream);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    end_ = fresh_end();
    routes_.clear();
    EXPECT_EQ(take(Bytes(stream).first(cut)), "");
    EXPECT_EQ(take(Bytes(stream).subspan(cut)), "");
    EXPECT_EQ(routes_, std::vector{kFlow}) << "cut at " << cut;
    ASSERT_TRUE(end_.wishes());
    EXPECT_TRUE(end_.wishes()->single);
  }
}

TEST_F(InterceptEndOfVersion7, FramesOfVersion6ThatWaitLeaveFirst) {
  ASSERT_EQ(take(kVersion), "");
  add(1);
  ASSERT_EQ(take(offer()), "");
  add_packet(0);
  write(1000);
  ASSERT_EQ(net::load_be16(written_.data()), 1);
  written_.erase(written_.begin(), written_.begin() + 66);
  ASSERT_EQ(net::load_be16(written_.data()), 0xffff);
  hear();
  EXPECT_EQ(payloads_.size(), 1U);
}

TEST_F(InterceptEndOfVersion7, SendsAsMuchPayloadAsIsWantedAndThereIs) {
  agree({7, false, 30});
  add_packet(200);
  agreed_write();
  ASSERT_EQ(payloads_.size(), 1U);
  EXPECT_EQ(payloads_[0].size(), 30U);
}

TEST_F(InterceptEndOfVersion7, SaysThatItLivesAndHearsIt) {
  agree();
  EXPECT_EQ(end_.next_deadline(), at(0s));
  for (int second = 0; second < 10; ++second) {
    end_.on_deadline(at(1s * second));
    ASSERT_FALSE(end_.over());
    ASSERT_EQ(take_v7(wire::Alive{at(1s * second), {}, {}, {}}, at(1s * second)), "");
  }
  agreed_write();
  EXPECT_EQ(alive_, 10);
}

TEST_F(InterceptEndOfVersion7, ATcpcopyThatSaysNothingIsDead) {
  agree();
  EXPECT_EQ(overdue(at(Liveness::kPatience - 1ns)), "");
  EXPECT_THAT(overdue(at(Liveness::kPatience)), HasSubstr("has said nothing for 3 s"));
  EXPECT_EQ(end_.over()->reason, EndReason::kDead);
}

TEST_F(InterceptEndOfVersion7, OneThatNeverAgreesMayBeSilent) {
  offer_and_hear();
  EXPECT_EQ(overdue(at(1000h)), "");
}

TEST_F(InterceptEndOfVersion7, WhatOnlyAnInterceptSaysIsRefused) {
  agree();
  ByteVector bytes;
  const ByteVector packet = test::packet_bytes({});
  wire::encode_v7(wire::headers_of(net::parse_tcp_packet(packet, net::Extent::kWhole).value), 0,
                  bytes);
  EXPECT_THAT(take(Bytes(bytes)), HasSubstr("only an intercept does"));
}

TEST_F(InterceptEndOfVersion7, ARouteOverIpv6IsRefused) {
  agree();
  const FlowKey flow{{Address::of_words({0x20010db8, 1, 2, 3}), 1}, kFlow.server};
  EXPECT_THAT(take_v7(wire::AddRoute{flow}), HasSubstr("over IPv6"));
  EXPECT_TRUE(routes_.empty());
}

TEST_F(InterceptEndOfVersion7, SignsOfLifeAreNeverDropped) {
  agree();
  end_.on_deadline(at(0s));
  write(0);
  for (int i = 0; i < 20; ++i) {
    add_packet(0);
    write(0);
  }
  EXPECT_GT(end_.queue().dropped_records(), 0U);
  agreed_write();
  EXPECT_EQ(alive_, 1);
}

}  // namespace
}  // namespace tcpcopy::channel
