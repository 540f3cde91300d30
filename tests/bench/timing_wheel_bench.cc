// SPDX-License-Identifier: BSD-3-Clause
// The timing wheel with as many timers as there are sessions.
#include <benchmark/benchmark.h>

#include <vector>

#include "tcpcopy/session/timing_wheel.hh"

namespace tcpcopy::bench {
namespace {

using namespace std::chrono_literals;
using session::TimerNode;
using session::TimingWheel;

constexpr Duration kSpread = 10s;  // the timers stand within this

Instant deadline(std::size_t i, std::size_t timers) {
  return Instant() + kSpread * static_cast<std::int64_t>(i + 1) / static_cast<std::int64_t>(timers);
}

void set_up(TimingWheel& wheel, std::vector<TimerNode>& nodes) {
  for (std::size_t i = 0; i < nodes.size(); ++i)
    wheel.schedule(nodes[i], deadline(i, nodes.size()));
}

// What nearly every packet does: a deadline moves away.
void timer_moves_later(benchmark::State& state) {
  std::vector<TimerNode> nodes(static_cast<std::size_t>(state.range(0)));
  TimingWheel wheel{Instant()};
  set_up(wheel, nodes);
  std::size_t i = 0;
  for (auto _ : state) {
    wheel.schedule(nodes[i], Instant() + 2 * kSpread);
    if (++i == nodes.size()) i = 0;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(timer_moves_later)->ArgName("timers")->Arg(1'000)->Arg(1'000'000);

// A timer that was cancelled is set: out of one slot, into another.
void timer_set_anew(benchmark::State& state) {
  std::vector<TimerNode> nodes(static_cast<std::size_t>(state.range(0)));
  TimingWheel wheel{Instant()};
  set_up(wheel, nodes);
  std::size_t i = 0;
  for (auto _ : state) {
    wheel.cancel(nodes[i]);
    wheel.schedule(nodes[i], deadline(i, nodes.size()) - 1ms);
    if (++i == nodes.size()) i = 0;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(timer_set_anew)->ArgName("timers")->Arg(1'000)->Arg(1'000'000);

// Time passes by the millisecond; what fires is set again.
void timers_fire(benchmark::State& state) {
  std::vector<TimerNode> nodes(static_cast<std::size_t>(state.range(0)));
  TimingWheel wheel{Instant()};
  set_up(wheel, nodes);
  Instant now;
  std::int64_t fired = 0;
  for (auto _ : state) {
    now += 1ms;
    wheel.advance(now);
    while (TimerNode* node = wheel.pop()) {
      wheel.schedule(*node, now + kSpread);
      ++fired;
    }
    benchmark::DoNotOptimize(wheel.next());
  }
  state.SetItemsProcessed(fired);
}
BENCHMARK(timers_fire)->ArgName("timers")->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

}  // namespace
}  // namespace tcpcopy::bench
