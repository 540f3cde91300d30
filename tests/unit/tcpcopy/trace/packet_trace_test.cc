// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/trace/packet_trace.hh"

#include <gtest/gtest.h>
#include <pcap/pcap.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "common/net/packet_parser.hh"
#include "common/runtime/errors.hh"
#include "tcpcopy/trace/traced_ports.hh"
#include "tests/support/packet_bytes.hh"

namespace tcpcopy::trace {
namespace {

using test::ByteVector;
using test::copy;
using test::pattern;

const Endpoint kClient{Address::v4(0x0a4d0001), 40001};
const Endpoint kOnline{Address::v4(0x0a4d0014), 80};
const Endpoint kPlayed{Address::v4(0x0a4e0001), 50001};
const Endpoint kTarget{Address::v4(0x0a4d001e), 8080};

struct Sinks : PacketSink, DatagramSink {
  void send(const ReplaySegment& segment, std::span<const Bytes> /*payload*/) override {
    segments.push_back(segment);
  }
  void send_datagram(const Datagram& /*datagram*/) override { ++datagrams; }

  std::vector<ReplaySegment> segments;
  int datagrams = 0;
};

struct Answers : ResponseSink {
  void on_response(const Response& response, Instant /*now*/) override {
    lengths.push_back(response.payload_length);
  }

  std::vector<std::uint32_t> lengths;
};

class PacketTraceTest : public testing::Test {
 protected:
  struct Read {
    std::size_t length = 0;
    ByteVector bytes;
  };

  ~PacketTraceTest() override { std::remove(path_.c_str()); }

  PacketTrace open() {
    PacketTrace trace(path_);
    trace.name_by([](const FlowKey& target) -> std::optional<FlowKey> {
      if (target.client != kPlayed || target.server != kTarget) return std::nullopt;
      return FlowKey{kClient, kOnline};
    });
    return trace;
  }

  // As libpcap reads the file, with nanoseconds.
  std::vector<Read> packets() const {
    std::array<char, PCAP_ERRBUF_SIZE> error{};
    pcap_t* file = pcap_open_offline_with_tstamp_precision(
        path_.c_str(), PCAP_TSTAMP_PRECISION_NANO, error.data());
    EXPECT_NE(file, nullptr) << error.data();
    if (file == nullptr) return {};
    EXPECT_EQ(pcap_datalink(file), DLT_IPV4);
    std::vector<Read> found;
    pcap_pkthdr* header = nullptr;
    const u_char* bytes = nullptr;
    int outcome = 0;
    while ((outcome = pcap_next_ex(file, &header, &bytes)) == 1) {
      found.push_back({header->len, copy(std::as_bytes(std::span(bytes, header->caplen)))});
      EXPECT_NEAR(static_cast<double>(header->ts.tv_sec), static_cast<double>(::time(nullptr)), 60);
    }
    EXPECT_EQ(outcome, PCAP_ERROR_BREAK) << pcap_geterr(file);  // the end of the file
    pcap_close(file);
    return found;
  }

  bool file_says(const std::string& text) const {
    std::ifstream file(path_, std::ios::binary);
    const std::string all{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    return all.find(text) != std::string::npos;
  }

  std::string path_ = testing::TempDir() + "trace-" + std::to_string(::getpid()) + ".pcapng";
  Sinks sinks_;
};

ReplaySegment segment_of(const ByteVector& payload) {
  ReplaySegment segment;
  segment.source = kPlayed;
  segment.destination = kTarget;
  segment.seq = Seq<space::Replay>(1000);
  segment.flags = {TcpFlags::kAck};
  segment.payload_length = static_cast<std::uint32_t>(payload.size());
  return segment;
}

TEST_F(PacketTraceTest, NotesWhatIsInjectedAndHandsItOn) {
  PacketTrace trace = open();
  const ByteVector payload = pattern(33);
  const Bytes piece(payload);
  TracedSink sink({sinks_, sinks_}, trace);
  sink.send(segment_of(payload), std::span(&piece, 1));
  trace.flush();

  ASSERT_EQ(sinks_.segments.size(), 1U);
  EXPECT_EQ(sinks_.segments[0].seq.raw, 1000U);
  const auto found = packets();
  ASSERT_EQ(found.size(), 1U);
  const auto packet = net::parse_tcp_packet(found[0].bytes, net::Extent::kWhole);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet.value.source(), kPlayed);
  EXPECT_EQ(packet.value.destination(), kTarget);
  EXPECT_EQ(copy(packet.value.payload), payload);
  EXPECT_TRUE(file_says("replays 10.77.0.1:40001 to 10.77.0.20:80"));
}

TEST_F(PacketTraceTest, NotesACapturedPacketAsItCame) {
  PacketTrace trace = open();
  const ByteVector packet = pattern(61);
  trace.captured(packet);
  trace.flush();
  const auto found = packets();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].bytes, packet);
  EXPECT_EQ(found[0].length, 61U);
}

TEST_F(PacketTraceTest, AResponseIsAsLongAsItWas) {
  PacketTrace trace = open();
  Response response;
  response.source = kTarget;
  response.destination = kPlayed;
  response.seq = Seq<space::Target>(7);
  response.flags = {TcpFlags::kAck | TcpFlags::kPsh};
  response.payload_length = 1400;
  Answers answers;
  TracedResponses(answers, trace).on_response(response, Instant());
  trace.flush();
  EXPECT_EQ(answers.lengths, std::vector{1400U});
  const auto found = packets();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].length, 1440U);
  EXPECT_EQ(found[0].bytes.size(), 40U);
  const auto packet = net::parse_tcp_packet(found[0].bytes, net::Extent::kHeaders);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet.value.payload_length, 1400U);
  EXPECT_EQ(packet.value.tcp.seq, 7U);
  EXPECT_TRUE(file_says("replays 10.77.0.1:40001 to 10.77.0.20:80"));
}

TEST_F(PacketTraceTest, SaysWhenThereIsNoSession) {
  PacketTrace trace = open();
  ReplaySegment stray = segment_of({});
  stray.source.port = 1;
  trace.injected(stray, {});
  trace.flush();
  EXPECT_TRUE(file_says("no session"));
}

TEST_F(PacketTraceTest, NotesDatagrams) {
  PacketTrace trace = open();
  const ByteVector payload = pattern(20);
  TracedSink({sinks_, sinks_}, trace).send_datagram({kPlayed, kTarget, payload});
  trace.flush();
  EXPECT_EQ(sinks_.datagrams, 1);
  const auto found = packets();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].length, 48U);
}

TEST_F(PacketTraceTest, AFullDiskStopsTheTraceAlone) {
  PacketTrace trace("/dev/full");
  TracedSink sink({sinks_, sinks_}, trace);
  sink.send(segment_of({}), {});
  trace.flush();
  sink.send(segment_of({}), {});
  trace.flush();
  EXPECT_EQ(sinks_.segments.size(), 2U);
}

TEST_F(PacketTraceTest, AFileThatCannotBeMadeIsAUsageError) {
  EXPECT_THROW(PacketTrace("/nowhere/trace.pcapng"), runtime::UsageError);
}

}  // namespace
}  // namespace tcpcopy::trace
