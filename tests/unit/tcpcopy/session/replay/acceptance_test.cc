// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/replay/acceptance.hh"

#include <gtest/gtest.h>

#include <optional>

namespace tcpcopy::session {
namespace {

// The target has sent 1000 bytes, of which 600 are acknowledged, and may send up to 5000; of ours,
// which begin at 100, it has acknowledged 300, and 500 are sent.
const Acceptance kKnown{TargetOffset(1000), TargetOffset(600), TargetOffset(5000),
                        ReplayOffset(100),  ReplayOffset(300), ReplayOffset(500),
                        std::nullopt};

std::optional<Refusal> judge(std::uint8_t flags, std::int64_t at, std::int64_t acked = 300,
                             std::uint32_t length = 0, const Acceptance& known = kKnown,
                             std::optional<std::uint32_t> timestamp = std::nullopt) {
  Response response;
  response.flags = {flags};
  response.payload_length = length;
  if (timestamp) response.options.timestamps = {*timestamp, 0};
  return known.judge(response, TargetOffset(at), ReplayOffset(acked));
}

constexpr std::uint8_t kAck = TcpFlags::kAck;
constexpr std::uint8_t kRst = TcpFlags::kRst;

TEST(AcceptanceTest, WhatStandsInTheWindowIsBelieved) {
  EXPECT_EQ(judge(kAck, 1000), std::nullopt);
  EXPECT_EQ(judge(kAck, 1000, 500, 1460), std::nullopt);
  EXPECT_EQ(judge(kAck, 4999, 300, 1), std::nullopt);
  EXPECT_EQ(judge(kAck, 5000), std::nullopt);  // where the window is closed, acks still come
}

TEST(AcceptanceTest, NumbersOutsideOfTheWindow) {
  EXPECT_EQ(judge(kAck, 599), Refusal::kOldSequence);
  EXPECT_EQ(judge(kAck, 599, 300, 1), std::nullopt);  // it ends at what is known
  EXPECT_EQ(judge(kAck, 5000, 300, 1), Refusal::kBeyondWindow);
  EXPECT_EQ(judge(kAck, 5001), Refusal::kBeyondWindow);
}

TEST(AcceptanceTest, AcksOfWhatIsNotInFlight) {
  EXPECT_EQ(judge(kAck, 1000, 501), Refusal::kAckOfUnsent);
  EXPECT_EQ(judge(kAck, 1000, 99), std::nullopt);  // of the SYN
  EXPECT_EQ(judge(kAck, 1000, 98), Refusal::kAckTooOld);
  Acceptance far = kKnown;
  far.snd_una = far.snd_nxt = ReplayOffset(std::int64_t{1} << 31U);
  EXPECT_EQ(judge(kAck, 1000, std::int64_t{1} << 30U, 0, far), std::nullopt);
  EXPECT_EQ(judge(kAck, 1000, (std::int64_t{1} << 30U) - 1, 0, far), Refusal::kAckTooOld);
}

TEST(AcceptanceTest, FlagsThatNoOpenConnectionSends) {
  EXPECT_EQ(judge(TcpFlags::kSyn | kAck, 1000), Refusal::kSyn);
  EXPECT_EQ(judge(0, 1000), Refusal::kNoAck);
}

TEST(AcceptanceTest, AResetMustStandWhereTheTargetMayBe) {
  EXPECT_EQ(judge(kRst, 600), std::nullopt);
  EXPECT_EQ(judge(kRst, 1000), std::nullopt);
  EXPECT_EQ(judge(kRst, 599), Refusal::kResetOutside);
  EXPECT_EQ(judge(kRst, 1001), Refusal::kResetInWindow);
  EXPECT_EQ(judge(kRst, 5000), Refusal::kResetInWindow);
  EXPECT_EQ(judge(kRst, 5001), Refusal::kResetOutside);
}

TEST(AcceptanceTest, AnOldTimestampIsOfAnOldPacket) {
  Acceptance known = kKnown;
  known.ts_recent = 0xfffffff0U;
  EXPECT_EQ(judge(kAck, 1000, 300, 0, known, 0xffffffefU), Refusal::kOldTimestamp);
  EXPECT_EQ(judge(kAck, 1000, 300, 0, known, 0xfffffff0U), std::nullopt);
  EXPECT_EQ(judge(kAck, 1000, 300, 0, known, 5), std::nullopt);  // the clock has wrapped
  EXPECT_EQ(judge(kAck, 1000, 300, 0, known), std::nullopt);     // none: keep-alives of some
  EXPECT_EQ(judge(kRst, 1000, 300, 0, known, 0), std::nullopt);  // RFC 7323, 5.2: not for RST
}

}  // namespace
}  // namespace tcpcopy::session
