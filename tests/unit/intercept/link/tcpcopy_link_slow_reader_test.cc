// SPDX-License-Identifier: BSD-3-Clause
// What a link does with responses that its tcpcopy does not read: it keeps a bounded number, drops
// the oldest whole blocks, and never breaks a frame.
#include <gtest/gtest.h>

#include <vector>

#include "common/net/bytes.hh"
#include "common/wire/frame.hh"
#include "common/wire/route_message.hh"
#include "intercept/link/tcpcopy_link.hh"
#include "tests/unit/links/tcp_pair.hh"

namespace tcpcopy::link {
namespace {

using namespace std::chrono_literals;
using channel::EndReason;
using channel::MaybeEnd;
using test::ByteVector;

// Frames of 16. So many that the kernel takes a block in part.
constexpr std::size_t kRecordsPerFlush = 5008;
constexpr std::size_t kBlockSize = kRecordsPerFlush * 64 + kRecordsPerFlush / 16 * 2;

class SlowReader : public testing::Test {
 protected:
  /// Records are numbered in their order.
  void add_record() {
    net::store_be32(&record_[60], next_++);
    link_.add(test::headers_in(record_));
  }
  void flush_block() {
    for (std::size_t i = 0; i < kRecordsPerFlush; ++i)
      add_record();
    ASSERT_FALSE(link_.flush(now_));
  }

  /// Reads nothing until so many bytes were lost.
  void lose(std::size_t size) {
    for (int blocks = 0; queue().dropped_bytes() < size; ++blocks) {
      ASSERT_LT(blocks, 200) << "nothing is lost";
      ASSERT_NO_FATAL_FAILURE(flush_block());
      ASSERT_LE(queue().bytes(), TcpcopyLink::kMaxQueued);
    }
  }

  /// Reads what has come, if anything.
  void read() {
    const auto bytes = pair_.peer.receive();
    ASSERT_TRUE(bytes);
    Bytes rest(*bytes);
    while (const auto record = decoder_.next(rest)) {
      ASSERT_EQ(test::copy(record->first(60)), test::copy(Bytes(record_).first(60)));
      received_.push_back(net::load_be32(&(*record)[60]));
    }
    ASSERT_FALSE(decoder_.bad_count());
  }

  void read_all() {
    while (link_.end().waiting()) {
      ASSERT_TRUE(pair_.peer.readable());
      ASSERT_NO_FATAL_FAILURE(read());
      ASSERT_FALSE(link_.flush(now_));
    }
    while (received_.empty() || received_.back() + 1 != next_) {
      ASSERT_TRUE(pair_.peer.readable());
      ASSERT_NO_FATAL_FAILURE(read());
    }
  }

  const channel::OutgoingQueue& queue() const { return link_.end().queue(); }

  Instant now_{std::chrono::hours(1)};
  test::TcpPair pair_ = test::tcp_pair(1 << 16);
  TcpcopyLink link_{std::move(pair_.link), pair_.peer_endpoint, {}, now_};
  wire::FrameDecoder decoder_{wire::FrameMode{}};
  ByteVector record_ = test::pattern(wire::kHeaderRecordSize);
  std::uint32_t next_ = 0;
  std::vector<std::uint32_t> received_;
};

TEST_F(SlowReader, AReaderThatKeepsUpLosesNothing) {
  for (int i = 0; i < 50; ++i) {
    flush_block();
    read_all();
    EXPECT_FALSE(link_.end().waiting());
    EXPECT_EQ(queue().bytes(), 0U);
  }
  EXPECT_EQ(received_.size(), 50 * kRecordsPerFlush);
  EXPECT_EQ(queue().dropped_bytes(), 0U);
}

TEST_F(SlowReader, WhatFitsTheQueueArrivesWholeAndInOrder) {
  while (queue().bytes() < (1U << 20U))
    flush_block();
  EXPECT_TRUE(link_.end().waiting());
  EXPECT_EQ(queue().records() % kRecordsPerFlush, 0U);
  EXPECT_EQ(queue().records() / kRecordsPerFlush, queue().bytes() / kBlockSize);
  read_all();
  ASSERT_EQ(received_.size(), next_);
  for (std::uint32_t i = 0; i < next_; ++i)
    ASSERT_EQ(received_[i], i);
  EXPECT_EQ(queue().dropped_bytes(), 0U);
  EXPECT_EQ(queue().bytes(), 0U);
}

TEST_F(SlowReader, TheQueueIsBounded) {
  lose(4U << 20U);
  EXPECT_GT(queue().bytes(), TcpcopyLink::kMaxQueued - 2 * kBlockSize);
}

TEST_F(SlowReader, TheOldestWholeBlocksAreLostAndNoFrameBreaks) {
  ASSERT_NO_FATAL_FAILURE(lose(1U << 20U));
  EXPECT_EQ(queue().dropped_bytes() % kBlockSize, 0U);
  const std::size_t lost = queue().dropped_bytes() / kBlockSize * kRecordsPerFlush;
  EXPECT_EQ(queue().dropped_records(), lost);
  read_all();
  EXPECT_EQ(received_.size() + lost, next_);
  EXPECT_EQ(received_.front(), 0U);

  // What the kernel had taken came first. Gaps begin and end where blocks do, and none is at the
  // end: the newest responses are there.
  for (std::size_t i = 1; i < received_.size(); ++i) {
    if (received_[i] == received_[i - 1] + 1) continue;
    ASSERT_GT(received_[i], received_[i - 1]);
    EXPECT_EQ(received_[i - 1] % kRecordsPerFlush, kRecordsPerFlush - 1);
    EXPECT_EQ(received_[i] % kRecordsPerFlush, 0U);
  }
  const std::size_t kept = TcpcopyLink::kMaxQueued / kBlockSize - 2;
  const std::size_t newest = received_.size() - kept * kRecordsPerFlush;
  EXPECT_EQ(received_[newest], next_ - kept * kRecordsPerFlush);
}

TEST_F(SlowReader, ReadingALittleNowAndThenBreaksNoFrame) {
  for (std::size_t rounds = 1; rounds < 100; ++rounds) {
    flush_block();
    if (rounds % 3 == 0) read();
  }
  read_all();
  const std::size_t lost = queue().dropped_bytes() / kBlockSize * kRecordsPerFlush;
  EXPECT_GT(lost, 0U);
  EXPECT_EQ(received_.size() + lost, next_);
  for (std::size_t i = 1; i < received_.size(); ++i)
    ASSERT_LT(received_[i - 1], received_[i]);
}

TEST_F(SlowReader, ABlockThatWasBegunIsNotDroppedForALargerOne) {
  for (int block = 0; block < 2; ++block) {  // either more than half of what the queue may hold
    for (std::size_t i = 0; i < TcpcopyLink::kMaxQueued / 100; ++i)
      add_record();
    ASSERT_FALSE(link_.flush(now_));
  }
  EXPECT_EQ(queue().dropped_bytes(), 0U);
  read_all();
  EXPECT_EQ(received_.size(), next_);
}

TEST_F(SlowReader, AfterwardsTheLinkWorksAsBefore) {
  ASSERT_NO_FATAL_FAILURE(lose(1));
  read_all();
  const std::uint64_t dropped = queue().dropped_bytes();
  const std::size_t received = received_.size();
  flush_block();
  read_all();
  EXPECT_EQ(queue().bytes(), 0U);
  EXPECT_EQ(received_.size(), received + kRecordsPerFlush);
  EXPECT_EQ(queue().dropped_bytes(), dropped);
}

TEST_F(SlowReader, WithManySlowReadersEachMayKeepLess) {
  while (queue().bytes() < (2U << 20U))
    flush_block();
  for (std::size_t i = 0; i < kRecordsPerFlush; ++i)
    add_record();
  ASSERT_FALSE(link_.flush(now_, 1U << 20U));
  EXPECT_LE(queue().bytes(), 1U << 20U);
  EXPECT_GT(queue().dropped_records(), 0U);
  read_all();
}

TEST_F(SlowReader, IsStalledWhenItReadsNothingForLong) {
  while (!link_.end().waiting())
    flush_block();
  EXPECT_FALSE(link_.overdue(now_ + channel::InterceptEnd::kMessageTime - 1ns));
  const auto encoded = wire::encode(wire::RouteMessage::version(wire::kVersion));
  pair_.peer.send(encoded);
  ASSERT_TRUE(pair_.peer.readable());  // loopback: both directions are through by now
  ASSERT_FALSE(link_.read(now_, [](const wire::Message&) {}));
  EXPECT_FALSE(link_.overdue(now_ + channel::InterceptEnd::kStallTime - 1ns));
  const MaybeEnd end = link_.overdue(now_ + channel::InterceptEnd::kStallTime);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->reason, EndReason::kStalled);
}

TEST_F(SlowReader, APeerThatIsGoneIsAReasonToClose) {
  pair_.peer.close();
  MaybeEnd end;
  for (int i = 0; i < 1000 && !end; ++i) {
    link_.add(test::headers_in(record_));
    end = link_.flush(now_);
  }
  ASSERT_TRUE(end);
  EXPECT_EQ(end->reason, EndReason::kNetworkError);
}

}  // namespace
}  // namespace tcpcopy::link
