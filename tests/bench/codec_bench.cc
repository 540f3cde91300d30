// SPDX-License-Identifier: BSD-3-Clause
// The control channel: what each response and each session costs at both ends of a link.
#include <benchmark/benchmark.h>

#include <array>
#include <vector>

#include "common/net/packet_writer.hh"
#include "common/wire/codec_v6.hh"
#include "tests/bench/flows.hh"

namespace tcpcopy::bench {
namespace {

constexpr std::int64_t kResponses = 64;  // of one turn of intercept
constexpr wire::FrameMode kMode{};

std::vector<std::byte> response_bytes() {
  ReplaySegment segment;  // only the direction tells it from a response
  segment.source = flow(1).server;
  segment.destination = flow(1).client;
  segment.flags = {TcpFlags::kAck};
  segment.options.timestamps = {1, 2};
  std::vector<std::byte> bytes(net::kMaxHeaders);
  bytes.resize(net::write_packet(segment, {}, 1, bytes));
  return bytes;
}

void encode_frames(benchmark::State& state) {
  const auto bytes = response_bytes();
  const auto response = net::parse_tcp_packet(bytes, net::Extent::kHeaders).value;
  wire::InterceptCodecV6 codec(kMode, 0);
  for (auto _ : state) {
    codec.clear();
    for (std::int64_t i = 0; i < kResponses; ++i)
      codec.encode(wire::headers_of(response));
    benchmark::DoNotOptimize(codec.encoded().data());
  }
  state.SetItemsProcessed(state.iterations() * kResponses);
}
BENCHMARK(encode_frames);

void decode_frames(benchmark::State& state) {
  const auto bytes = response_bytes();
  const auto response = net::parse_tcp_packet(bytes, net::Extent::kHeaders).value;
  wire::InterceptCodecV6 intercept(kMode, 0);
  for (std::int64_t i = 0; i < kResponses; ++i)
    intercept.encode(wire::headers_of(response));
  wire::TcpcopyCodecV6 tcpcopy(kMode);
  for (auto _ : state) {
    Bytes rest = intercept.encoded();
    while (const auto headers = tcpcopy.decode(rest))
      benchmark::DoNotOptimize(wire::to_response(*headers));
  }
  state.SetItemsProcessed(state.iterations() * kResponses);
}
BENCHMARK(decode_frames);

void encode_route_message(benchmark::State& state) {
  const wire::AddRoute message{flow(1)};
  std::vector<std::byte> bytes;
  for (auto _ : state) {
    bytes.clear();
    wire::TcpcopyCodecV6::encode(message, bytes);
    benchmark::DoNotOptimize(bytes.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(encode_route_message);

void decode_route_message(benchmark::State& state) {
  std::vector<std::byte> bytes;
  wire::TcpcopyCodecV6::encode(wire::AddRoute{flow(1)}, bytes);
  wire::InterceptCodecV6 codec(kMode, 0);
  for (auto _ : state) {
    Bytes rest(bytes);
    benchmark::DoNotOptimize(codec.decode(rest));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decode_route_message);

}  // namespace
}  // namespace tcpcopy::bench
