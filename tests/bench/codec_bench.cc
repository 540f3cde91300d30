// SPDX-License-Identifier: BSD-3-Clause
// The control channel: what each response and each session costs at both ends of a link.
#include <benchmark/benchmark.h>

#include <array>
#include <vector>

#include "common/net/packet_writer.hh"
#include "common/wire/frame.hh"
#include "common/wire/response_record.hh"
#include "common/wire/route_message.hh"
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
  wire::FrameEncoder encoder(kMode);
  for (auto _ : state) {
    encoder.clear();
    for (std::int64_t i = 0; i < kResponses; ++i)
      encoder.add(response);
    benchmark::DoNotOptimize(encoder.bytes().data());
  }
  state.SetItemsProcessed(state.iterations() * kResponses);
}
BENCHMARK(encode_frames);

void decode_frames(benchmark::State& state) {
  const auto bytes = response_bytes();
  const auto response = net::parse_tcp_packet(bytes, net::Extent::kHeaders).value;
  wire::FrameEncoder encoder(kMode);
  for (std::int64_t i = 0; i < kResponses; ++i)
    encoder.add(response);
  wire::FrameDecoder decoder(kMode);
  for (auto _ : state) {
    Bytes rest = encoder.bytes();
    while (const auto record = decoder.next(rest))
      benchmark::DoNotOptimize(wire::decode_response(*record));
  }
  state.SetItemsProcessed(state.iterations() * kResponses);
}
BENCHMARK(decode_frames);

void encode_route_message(benchmark::State& state) {
  const auto message = wire::RouteMessage::add_route(flow(1));
  for (auto _ : state)
    benchmark::DoNotOptimize(wire::encode(message));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(encode_route_message);

void decode_route_message(benchmark::State& state) {
  const auto bytes = wire::encode(wire::RouteMessage::add_route(flow(1)));
  wire::RouteMessageDecoder decoder;
  for (auto _ : state) {
    Bytes rest(bytes);
    benchmark::DoNotOptimize(decoder.next(rest));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decode_route_message);

}  // namespace
}  // namespace tcpcopy::bench
