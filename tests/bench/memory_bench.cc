// SPDX-License-Identifier: BSD-3-Clause
// What an idle session and a route cost in memory. The time is that of making them.
#include <benchmark/benchmark.h>

#include "intercept/route/router.hh"
#include "tests/bench/crowd.hh"
#include "tests/bench/flows.hh"
#include "tests/bench/memory.hh"
#include "tests/bench/no_links.hh"

namespace tcpcopy::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t kData = TcpFlags::kAck | TcpFlags::kPsh;
constexpr std::uint32_t kRequest = 100;
constexpr std::uint32_t kResponse = 300;

void report(benchmark::State& state, const char* name, std::uint64_t before) {
  const auto count = static_cast<double>(state.range(0));
  state.SetItemsProcessed(state.range(0));
  state.counters[name] = static_cast<double>(allocated() - before) / count;
}

// Each has had its handshake, one request and one response, and is quiet.
void memory_of_idle_session(benchmark::State& state) {
  const auto clients = static_cast<std::size_t>(state.range(0));
  const std::uint64_t before = allocated();
  Crowd crowd;
  for (auto _ : state) {
    crowd.open(clients);
    for (std::size_t id = 0; id < clients; ++id) {
      crowd.client(id, kData, {1, 1}, kRequest);
      crowd.target(id, kData, {1, 1 + kRequest}, kResponse);
    }
    crowd.pass(1s);
    crowd.end_wake_up();
  }
  report(state, "bytes/session", before);
  state.counters["sizeof"] = sizeof(session::SessionNode);
  if (const char* fault = crowd.fault()) state.SkipWithError(fault);
}
BENCHMARK(memory_of_idle_session)
    ->ArgName("sessions")
    ->Arg(1'000)
    ->Arg(10'000)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Iterations(1);

void memory_of_route(benchmark::State& state) {
  const auto routes = static_cast<std::size_t>(state.range(0));
  const std::uint64_t before = allocated();
  route::Router router;
  NoLinks links;
  for (auto _ : state) {
    for (std::size_t i = 0; i < routes; ++i)
      router.on_route({1}, flow(i), Instant(), links);
  }
  report(state, "bytes/route", before);
  if (router.routes() != routes) state.SkipWithError("routes are missing");
}
BENCHMARK(memory_of_route)
    ->ArgName("routes")
    ->Arg(1'000)
    ->Arg(10'000)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Iterations(1);

}  // namespace
}  // namespace tcpcopy::bench
