// SPDX-License-Identifier: BSD-3-Clause
// Bytes to values and back: the two ends of a packet's way.
#include <benchmark/benchmark.h>

#include <array>
#include <vector>

#include "common/net/checksum.hh"
#include "common/net/link_layer.hh"
#include "common/net/packet_parser.hh"
#include "common/net/packet_writer.hh"

namespace tcpcopy::bench {
namespace {

constexpr std::int64_t kSmall = 0;
constexpr std::int64_t kFull = 1448;

ReplaySegment segment(std::uint32_t payload_length) {
  ReplaySegment segment;
  segment.source = {Address::v4(0x0a800001), 40000};
  segment.destination = {Address::v4(0x0a4d001e), 8080};
  segment.seq = Seq<space::Replay>(0x11223344);
  segment.ack = Seq<space::Target>(0x55667788);
  segment.flags = {TcpFlags::kAck | TcpFlags::kPsh};
  segment.window = 502;
  segment.options.timestamps = {1, 2};
  segment.payload_length = payload_length;
  return segment;
}

std::vector<std::byte> packet(std::int64_t payload_length) {
  const auto size = static_cast<std::uint32_t>(payload_length);
  const std::vector<std::byte> payload(size, std::byte{'x'});
  std::vector<std::byte> packet(net::kMaxHeaders + size);
  const Bytes piece(payload);
  packet.resize(net::write_packet(segment(size), {&piece, 1}, 1, packet));
  return packet;
}

// As tcpcopy does it: the whole packet, to a segment.
void parse_client_packet(benchmark::State& state) {
  const auto bytes = packet(state.range(0));
  for (auto _ : state) {
    const auto parsed = net::parse_tcp_packet(bytes, net::Extent::kWhole);
    const auto& value = parsed.value;
    benchmark::DoNotOptimize(
        net::to_segment<ClientSegment>(value.ip, value.tcp, value.payload_length, value.payload));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(parse_client_packet)->ArgName("payload")->Arg(kSmall)->Arg(kFull);

// As intercept does it: the headers behind Ethernet's.
void parse_response_headers(benchmark::State& state) {
  auto frame = packet(kFull);
  std::array<std::byte, 14> ethernet{};
  ethernet[12] = std::byte{0x08};
  frame.insert(frame.begin(), ethernet.begin(), ethernet.end());
  for (auto _ : state) {
    const Bytes bytes = net::strip_link_layer(net::LinkType::kEthernet, frame);
    benchmark::DoNotOptimize(net::parse_tcp_packet(bytes, net::Extent::kHeaders));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(parse_response_headers);

void write_packet(benchmark::State& state) {
  const auto size = static_cast<std::uint32_t>(state.range(0));
  const std::vector<std::byte> payload(size, std::byte{'x'});
  const Bytes piece(payload);
  const ReplaySegment out = segment(size);
  std::array<std::byte, 2048> to{};
  std::uint16_t identification = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(net::write_packet(out, {&piece, 1}, ++identification, to));
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(write_packet)->ArgName("payload")->Arg(kSmall)->Arg(kFull);

void checksum(benchmark::State& state) {
  const std::vector<std::byte> bytes(static_cast<std::size_t>(state.range(0)), std::byte{'x'});
  for (auto _ : state) {
    net::Checksum checksum;
    checksum.add(bytes);
    benchmark::DoNotOptimize(checksum.value());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(checksum)->ArgName("bytes")->Arg(40)->Arg(kFull)->Arg(64 << 10);

}  // namespace
}  // namespace tcpcopy::bench
