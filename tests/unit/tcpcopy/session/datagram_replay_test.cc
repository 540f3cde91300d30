// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/datagram_replay.hh"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/packet_bytes.hh"

namespace tcpcopy::session {
namespace {

const Endpoint kClient{Address::v4(0x0a000001), 40000};
const Endpoint kOnline{Address::v4(0x0a000014), 53};
const Endpoint kTarget{Address::v4(0x0a00001e), 5353};
constexpr Instant kStart{std::chrono::seconds(1000)};

class Sink : public DatagramSink {
 public:
  void send_datagram(const Datagram& datagram) override {
    sent.push_back(datagram);
    payloads.push_back(test::copy(datagram.payload));
  }
  std::vector<Datagram> sent;
  std::vector<test::ByteVector> payloads;
};

std::uint64_t figure(const DatagramReplay& replay, std::string_view name) {
  Report report;
  replay.report(report);
  return report.sum(name);
}

TEST(DatagramReplay, ADatagramGoesToTheTarget) {
  Sink sink;
  DatagramReplay replay({}, {}, kStart, sink);
  const test::ByteVector query = test::pattern(40);
  replay.on_datagram({kClient, kOnline, query}, kTarget, kStart);
  ASSERT_EQ(sink.sent.size(), 1U);
  EXPECT_EQ(sink.sent[0].source, kClient);
  EXPECT_EQ(sink.sent[0].destination, kTarget);
  EXPECT_EQ(sink.payloads[0], query);
  EXPECT_EQ(figure(replay, "datagram_bytes_captured"), 40U);
  EXPECT_EQ(figure(replay, "datagrams_sent"), 1U);
}

TEST(DatagramReplay, CopiesComeFromOtherPortsAndAddresses) {
  Settings settings;
  settings.copies = 3;
  const std::vector<Address> pool{Address::v4(0x3e87c801), Address::v4(0x3e87c802),
                                  Address::v4(0x3e87c803)};
  Sink sink;
  DatagramReplay replay(settings, SourceAddresses(pool, std::nullopt), kStart, sink);
  replay.on_datagram({kClient, kOnline, {}}, kTarget, kStart);
  ASSERT_EQ(sink.sent.size(), 3U);
  EXPECT_EQ(sink.sent[0].source.port, kClient.port);
  EXPECT_NE(sink.sent[1].source, sink.sent[0].source);
  EXPECT_NE(sink.sent[2].source, sink.sent[0].source);
  EXPECT_NE(sink.sent[2].source, sink.sent[1].source);
  EXPECT_EQ(figure(replay, "datagrams_sent"), 3U);
}

TEST(DatagramReplay, AShareIsLeftOut) {
  Settings settings;
  settings.percent = 50;
  Sink sink;
  DatagramReplay replay(settings, {}, kStart, sink);
  for (std::uint16_t port = 1; port <= 1000; ++port)
    replay.on_datagram({{kClient.address, port}, kOnline, {}}, kTarget, kStart);
  EXPECT_GT(sink.sent.size(), 300U);
  EXPECT_LT(sink.sent.size(), 700U);
  EXPECT_EQ(figure(replay, "datagrams_left_out") + sink.sent.size(), 1000U);
}

}  // namespace
}  // namespace tcpcopy::session
