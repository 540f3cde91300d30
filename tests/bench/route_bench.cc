// SPDX-License-Identifier: BSD-3-Clause
// intercept's router: a response finds its link; a connection adds its route.
#include <benchmark/benchmark.h>

#include "tests/bench/flows.hh"
#include "tests/bench/no_links.hh"

namespace tcpcopy::bench {
namespace {

// Visits 0 to count - 1 in an order without pattern, so that look-ups miss the caches as they
// would.
class Shuffle {
 public:
  explicit Shuffle(std::size_t count) : count_(count) {}
  std::size_t next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::size_t>((state_ >> 33U) % count_);
  }

 private:
  std::size_t count_;
  std::uint64_t state_ = 1;
};

void route_lookup(benchmark::State& state) {
  const auto routes = static_cast<std::size_t>(state.range(0));
  route::Router router;
  NoLinks links;
  for (std::size_t i = 0; i < routes; ++i)
    router.on_route({1}, flow(i), Instant(), links);
  Shuffle shuffle(routes);
  net::TcpPacket response;
  response.tcp.flags = {TcpFlags::kAck};
  for (auto _ : state) {
    const FlowKey wanted = flow(shuffle.next());
    response.ip.source = wanted.server.address;
    response.ip.destination = wanted.client.address;
    response.tcp.source_port = wanted.server.port;
    response.tcp.destination_port = wanted.client.port;
    router.on_response(response, Instant(), links);
  }
  state.SetItemsProcessed(state.iterations());
  if (links.delivered() != router.counters().responses) state.SkipWithError("routes are missing");
}
BENCHMARK(route_lookup)->ArgName("routes")->Arg(1'000)->Arg(10'000)->Arg(100'000)->Arg(1'000'000);

void route_add(benchmark::State& state) {
  const auto routes = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    route::Router router;
    NoLinks links;
    for (std::size_t i = 0; i < routes; ++i)
      router.on_route({1}, flow(i), Instant(), links);
    benchmark::DoNotOptimize(router.routes());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(route_add)->ArgName("routes")->Arg(1'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tcpcopy::bench
