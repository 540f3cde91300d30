// SPDX-License-Identifier: BSD-3-Clause
#include "common/channel/intercept_end.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "common/wire/route_message.hh"
#include "tests/unit/packet_bytes.hh"

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

  InterceptEnd end_{wire::FrameMode{}, 1, at(0s)};
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
    end_ = InterceptEnd({}, 1, at(0s));
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
  EXPECT_THAT(take(RouteMessage::version(1)), HasSubstr("message type 1 is unknown"));
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
    end_ = InterceptEnd({}, 1, at(0s));
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

}  // namespace
}  // namespace tcpcopy::channel
