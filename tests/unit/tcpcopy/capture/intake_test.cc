// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/capture/intake.hh"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "common/net/bytes.hh"
#include "common/net/checksum.hh"
#include "common/net/datagram_packet.hh"
#include "tcpcopy/capture/client_segment.hh"
#include "tcpcopy/capture/lossy_capture.hh"
#include "tests/support/packet_bytes.hh"

namespace tcpcopy::capture {
namespace {

using test::ByteVector;
using test::packet_bytes;
using test::PacketFields;
using test::pattern;

constexpr Instant kNow{std::chrono::seconds(1000)};
const Endpoint kClient{Address::v4(0x0a000001), 40000};
const Endpoint kOnline{Address::v4(0x0a000014), 53};
const Endpoint kTarget{Address::v4(0x0a00001e), 8080};

// Brings the same packet again and again.
class Repeating : public ClientCapture {
 public:
  explicit Repeating(ByteVector packet) : packet_(std::move(packet)) {}
  std::vector<int> descriptors() const override { return {}; }
  Outcome read(Instant /*now*/, Take take) override {
    take({packet_});
    return Outcome::kMore;
  }

 private:
  ByteVector packet_;
};

// The same from a file.
class Recorded : public Repeating, public Passes {
 public:
  using Repeating::Repeating;
  Passes* passes() override { return this; }
  void hold_back(bool /*held*/, Instant /*now*/) override {}
  Next next_pass(Instant /*now*/) override { return Next::kAllDone; }
  Progress progress() const override { return {}; }
};

struct Taken : ClientSink {
  void on_segment(const ClientSegment& segment, const Endpoint& target, Instant now) override {
    EXPECT_EQ(now, kNow);
    segments.push_back(segment);
    targets.push_back(target);
  }
  void on_datagram(const Datagram& datagram, const Endpoint& target, Instant now) override {
    EXPECT_EQ(now, kNow);
    sizes.push_back(datagram.payload.size());
    targets.push_back(target);
  }
  std::vector<ClientSegment> segments;
  std::vector<std::size_t> sizes;
  std::vector<Endpoint> targets;
};

ByteVector request() {
  PacketFields fields;
  fields.flags = TcpFlags::kAck | TcpFlags::kPsh;
  fields.payload = pattern(100);
  ByteVector packet = packet_bytes(fields);
  const Bytes all(packet);
  net::store_be16(&packet[36], 0);
  const auto length = static_cast<std::uint16_t>(packet.size() - net::kIpv4HeaderSize);
  net::Checksum sum = net::pseudo_header_v4(all, net::kProtocolTcp, length);
  sum.add(all.subspan(net::kIpv4HeaderSize));
  net::store_be16(&packet[36], sum.value());
  return packet;
}
ByteVector damaged_request() {
  ByteVector packet = request();
  packet.back() ^= std::byte{1};
  return packet;
}

Endpoint destination_of(const ByteVector& packet) {
  net::CaptureCounters counters;
  return client_segment({packet}, counters)->segment.destination;
}

TargetRules to(std::uint16_t port, const Endpoint& target) {
  return TargetRules({{std::nullopt, port, target}});
}

std::uint64_t figure(Intake& intake, std::string_view name) {
  Report report;
  intake.report(report);
  return report.sum(name);
}

TEST(Intake, HandsOnWhatARuleWants) {
  SegmentIntake intake(std::make_unique<Repeating>(request()),
                       to(destination_of(request()).port, kTarget));
  Taken taken;
  EXPECT_EQ(intake.read_batch(kNow, taken), Intake::Outcome::kMore);
  ASSERT_EQ(taken.segments.size(), 1U);
  EXPECT_EQ(taken.segments[0].payload_length, 100U);
  EXPECT_EQ(taken.targets, std::vector{kTarget});
  EXPECT_TRUE(intake.matched());
}

TEST(Intake, TellsOfFilesWhatNoRuleWants) {
  SegmentIntake intake(std::make_unique<Recorded>(request()), to(1, kTarget));
  Taken taken;
  EXPECT_EQ(intake.what_was_there(), "no TCP over IPv4 could be read");
  intake.read_batch(kNow, taken);
  EXPECT_TRUE(taken.targets.empty());
  EXPECT_FALSE(intake.matched());
  EXPECT_EQ(intake.what_was_there(), "1 packets went to " + destination_of(request()).to_string() +
                                         " (1 packets, 0 connections)");
}

TEST(Intake, WhatGoesToATargetIsItsOwnUnlessItWasRecorded) {
  const Endpoint target = destination_of(request());
  SegmentIntake live(std::make_unique<Repeating>(request()), to(target.port, target));
  Taken taken;
  live.read_batch(kNow, taken);
  EXPECT_TRUE(taken.targets.empty());
  EXPECT_EQ(figure(live, "packets_own"), 1U);
  SegmentIntake files(std::make_unique<Recorded>(request()), to(target.port, target));
  files.read_batch(kNow, taken);
  EXPECT_EQ(taken.targets, std::vector{target});
  EXPECT_EQ(figure(files, "packets_own"), 0U);
}

TEST(Intake, LeavesOutWhatWasDamagedUnlessItWasRecorded) {
  const std::uint16_t port = destination_of(request()).port;
  SegmentIntake live(std::make_unique<Repeating>(damaged_request()), to(port, kTarget));
  Taken taken;
  live.read_batch(kNow, taken);
  EXPECT_TRUE(taken.segments.empty());
  EXPECT_EQ(figure(live, "packets_damaged"), 1U);
  for (int i = 0; i < 10; ++i)
    live.read_batch(kNow, taken);
  EXPECT_EQ(taken.segments.size(), 7U) << "so many are no damage";
  EXPECT_EQ(figure(live, "packets_bad_checksum"), 7U);
  SegmentIntake files(std::make_unique<Recorded>(damaged_request()), to(port, kTarget));
  files.read_batch(kNow, taken);
  EXPECT_EQ(taken.segments.size(), 8U);
  EXPECT_EQ(figure(files, "packets_bad_checksum"), 1U);
}

TEST(Intake, ReadsDatagrams) {
  const ByteVector payload = pattern(40);
  const auto packet = net::write_datagram({kClient, kOnline, payload}, 1);
  DatagramIntake intake(std::make_unique<Repeating>(ByteVector(packet.begin(), packet.end())),
                        to(kOnline.port, kTarget));
  Taken taken;
  intake.read_batch(kNow, taken);
  EXPECT_EQ(taken.sizes, std::vector<std::size_t>{40});
  EXPECT_EQ(taken.targets, std::vector{kTarget});
}

TEST(Intake, CountsWhatCannotBeRead) {
  DatagramIntake intake(std::make_unique<Repeating>(request()), to(kOnline.port, kTarget));
  Taken taken;
  intake.read_batch(kNow, taken);
  EXPECT_TRUE(taken.targets.empty());
  EXPECT_EQ(figure(intake, "packets_malformed"), 1U);
}

TEST(Intake, SeesNothingOfWhatALossyCaptureMisses) {
  SegmentIntake intake(
      std::make_unique<LossyCapture>(std::make_unique<Recorded>(request()), kLoseOutOf / 2),
      to(destination_of(request()).port, kTarget));
  EXPECT_NE(intake.passes(), nullptr) << "it stands around files as well";
  Taken taken;
  for (int i = 0; i < 1000; ++i)
    intake.read_batch(kNow, taken);
  EXPECT_GT(taken.segments.size(), 300U);
  EXPECT_LT(taken.segments.size(), 700U);
}

}  // namespace
}  // namespace tcpcopy::capture
