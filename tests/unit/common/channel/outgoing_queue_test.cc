// SPDX-License-Identifier: BSD-3-Clause
#include "common/channel/outgoing_queue.hh"

#include <gtest/gtest.h>

#include "tests/support/packet_bytes.hh"

namespace tcpcopy::channel {
namespace {

using test::bytes;
using test::copy;

TEST(OutgoingQueue, GivesWhatItGotInOrder) {
  OutgoingQueue queue;
  EXPECT_TRUE(queue.front().empty());
  queue.push(bytes("abc"), 1, 0, 100);
  queue.push(bytes("de"), 2, 0, 100);
  EXPECT_EQ(queue.bytes(), 5U);
  EXPECT_EQ(queue.records(), 3U);
  EXPECT_EQ(copy(queue.front()), bytes("abc"));
  queue.on_sent(2);
  EXPECT_EQ(copy(queue.front()), bytes("c"));
  EXPECT_EQ(queue.bytes(), 5U) << "a block counts until it has left";
  queue.on_sent(1);
  EXPECT_EQ(copy(queue.front()), bytes("de"));
  queue.on_sent(2);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0U);
}

TEST(OutgoingQueue, TheBeginningMayHaveLeftBefore) {
  OutgoingQueue queue;
  queue.push(bytes("abc"), 1, 2, 100);
  EXPECT_EQ(copy(queue.front()), bytes("c"));
}

TEST(OutgoingQueue, TheOldestMakeRoom) {
  OutgoingQueue queue;
  for (const char* block : {"ab", "cd", "ef"})
    queue.push(bytes(block), 1, 0, 4);
  EXPECT_EQ(copy(queue.front()), bytes("cd"));
  EXPECT_EQ(queue.dropped_bytes(), 2U);
  EXPECT_EQ(queue.dropped_records(), 1U);
}

TEST(OutgoingQueue, WhatHoldsNoResponseStays) {
  OutgoingQueue queue;
  queue.push(bytes("ab"), 0, 0, 4);
  queue.push(bytes("cd"), 1, 0, 4);
  queue.push(bytes("ef"), 1, 0, 4);
  EXPECT_EQ(copy(queue.front()), bytes("ab"));
  queue.on_sent(2);
  EXPECT_EQ(copy(queue.front()), bytes("ef"));
  EXPECT_EQ(queue.dropped_records(), 1U);
}

TEST(OutgoingQueue, WhatWasBegunStays) {
  OutgoingQueue queue;
  queue.push(bytes("ab"), 1, 1, 4);
  queue.push(bytes("cd"), 3, 0, 4);
  queue.push(bytes("ef"), 1, 0, 4);
  EXPECT_EQ(copy(queue.front()), bytes("b"));
  EXPECT_EQ(queue.dropped_records(), 3U);
  queue.push(bytes("ghijkl"), 1, 0, 4);
  queue.on_sent(1);
  EXPECT_EQ(copy(queue.front()), bytes("ghijkl")) << "the newest is kept, however large";
}

}  // namespace
}  // namespace tcpcopy::channel
