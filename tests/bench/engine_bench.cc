// SPDX-License-Identifier: BSD-3-Clause
// The replay engine on one core: packets in, packets out. What is measured includes the making of
// the packets that go in, a few nanoseconds each.
#include <benchmark/benchmark.h>
#include <ctime>

#include <algorithm>

#include "tests/bench/crowd.hh"

namespace tcpcopy::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t kAck = TcpFlags::kAck;
constexpr std::uint8_t kData = TcpFlags::kAck | TcpFlags::kPsh;
constexpr std::uint8_t kFinAck = TcpFlags::kAck | TcpFlags::kFin;
constexpr std::size_t kBatch = 64;  // packets of a turn from each source
constexpr std::uint32_t kRequest = 100;
constexpr std::uint32_t kResponse = 300;
constexpr Duration kTargetTakes = 100us;

/// Counts what went through a crowd while a benchmark ran, and whether it went right.
class Account {
 public:
  explicit Account(const Crowd& crowd)
      : crowd_(crowd), in_(crowd.packets_in()), out_(crowd.packets_out()) {}

  void report(benchmark::State& state, std::int64_t requests) const {
    if (const char* fault = crowd_.fault()) {
      state.SkipWithError(fault);
      return;
    }
    const auto in = static_cast<double>(crowd_.packets_in() - in_);
    const auto out = static_cast<double>(crowd_.packets_out() - out_);
    const auto asked = static_cast<double>(requests);
    constexpr auto kRate = benchmark::Counter::kIsRate;
    state.counters["packets_in/s"] = {in, kRate};
    state.counters["packets/s"] = {in + out, kRate};
    state.counters["requests/s"] = {asked, kRate};
    state.counters["in/request"] = in / asked;
    state.counters["out/request"] = out / asked;
    state.SetItemsProcessed(static_cast<std::int64_t>(in));
  }

 private:
  const Crowd& crowd_;
  std::uint64_t in_;
  std::uint64_t out_;
};

Duration thread_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

/// All clients of a crowd in turn: a request, its response, a while to think.
class KeepAlive {
 public:
  KeepAlive(Crowd& crowd, std::size_t clients, Duration think_time)
      : crowd_(crowd),
        clients_(clients),
        turn_time_(std::max(
            think_time * static_cast<std::int64_t>(kBatch) / static_cast<std::int64_t>(clients),
            1ns)) {}

  /// The next kBatch clients; the client's ack of a response is in its next request.
  void take_turn() {
    for (std::size_t i = 0; i < kBatch; ++i) {
      const Place place = ahead(i);
      const std::uint32_t sent = 1 + place.round * kRequest;
      crowd_.client(place.id, kData, {sent, 1 + place.round * kResponse}, kRequest);
    }
    crowd_.end_wake_up();
    const Duration answer = std::min(kTargetTakes, turn_time_);
    crowd_.pass(answer);
    for (std::size_t i = 0; i < kBatch; ++i) {
      const Place place = ahead(i);
      const std::uint32_t sent = 1 + place.round * kResponse;
      crowd_.target(place.id, kData, {sent, 1 + (place.round + 1) * kRequest}, kResponse);
    }
    crowd_.end_wake_up();
    crowd_.pass(turn_time_ - answer);
    next_ += kBatch;
  }

  std::size_t turns_of_a_round() const { return clients_ / kBatch + 1; }

 private:
  struct Place {
    std::size_t id;
    std::uint32_t round;
  };
  Place ahead(std::size_t i) const {
    const std::size_t at = next_ + i;
    return {at % clients_, static_cast<std::uint32_t>(at / clients_)};
  }

  Crowd& crowd_;
  std::size_t clients_;
  Duration turn_time_;
  std::size_t next_ = 0;
};

// With 10 ms between a response and the next request acks ride on requests; with 1 s each leaves
// alone, when its timer fires.
void keep_alive(benchmark::State& state) {
  const auto clients = static_cast<std::size_t>(state.range(0));
  Crowd crowd;
  crowd.open(clients);
  KeepAlive talk(crowd, clients, std::chrono::milliseconds(state.range(1)));
  for (std::size_t i = 0; i < talk.turns_of_a_round(); ++i)
    talk.take_turn();
  const Account account(crowd);
  Duration longest{0};
  for (auto _ : state) {
    const Duration before = thread_time();
    talk.take_turn();
    longest = std::max(longest, thread_time() - before);
  }
  account.report(state, state.iterations() * static_cast<std::int64_t>(kBatch));
  state.counters["longest_turn_us"] = static_cast<double>(longest.count()) / 1e3;
}
BENCHMARK(keep_alive)
    ->ArgNames({"sessions", "think_ms"})
    ->ArgsProduct({{1'000, 10'000, 100'000, 1'000'000}, {10, 1000}})
    ->Iterations(1 << 14);

// The online server closes behind its response, as after `Connection: close`.
void connection_per_request(benchmark::State& state) {
  constexpr std::size_t kClients = 10'000'000;  // connections before a client's port comes again
  Crowd crowd;
  std::size_t first = 0;
  const auto each = [&](auto&& step) {
    for (std::size_t i = 0; i < kBatch; ++i)
      step((first + i) % kClients);
    crowd.end_wake_up();
    crowd.pass(1ms);
  };
  const Account account(crowd);
  for (auto _ : state) {
    each([&](std::size_t id) { crowd.client(id, TcpFlags::kSyn, {}); });
    each([&](std::size_t id) { crowd.target(id, TcpFlags::kSyn | kAck, {0, 1}); });
    each([&](std::size_t id) { crowd.client(id, kAck, {1, 1}); });
    each([&](std::size_t id) { crowd.client(id, kData, {1, 1}, kRequest); });
    each([&](std::size_t id) { crowd.target(id, kData, {1, 1 + kRequest}, kResponse); });
    each([&](std::size_t id) { crowd.target(id, kFinAck, {1 + kResponse, 1 + kRequest}); });
    each([&](std::size_t id) { crowd.client(id, kFinAck, {1 + kRequest, 2 + kResponse}); });
    each([&](std::size_t id) { crowd.target(id, kAck, {2 + kResponse, 2 + kRequest}); });
    first += kBatch;
  }
  if (crowd.engine().sessions() != 0) state.SkipWithError("sessions are left");
  account.report(state, state.iterations() * static_cast<std::int64_t>(kBatch));
}
BENCHMARK(connection_per_request)->Iterations(1 << 12);

// One client's upload after the other, in full segments; the target acknowledges every second.
void post(benchmark::State& state) {
  constexpr std::size_t kClients = 1000;
  const auto size = static_cast<std::uint32_t>(state.range(0));
  Crowd crowd;
  crowd.open(kClients);
  std::size_t next = 0;
  const auto upload = [&] {
    const std::size_t id = next % kClients;
    const auto round = static_cast<std::uint32_t>(next / kClients);
    const std::uint32_t begin = 1 + round * size;
    const std::uint32_t seen = 1 + round * kResponse;
    for (std::uint32_t at = 0; at < size; at += Crowd::kMss)
      crowd.client(id, kData, {begin + at, seen}, std::min(Crowd::kMss, size - at));
    crowd.end_wake_up();
    crowd.pass(10us);
    for (std::uint32_t at = 2 * Crowd::kMss; at < size; at += 2 * Crowd::kMss)
      crowd.target(id, kAck, {seen, begin + at});
    crowd.target(id, kData, {seen, begin + size}, kResponse);
    crowd.end_wake_up();
    crowd.pass(10us);
    ++next;
  };
  for (std::size_t i = 0; i < 4 * kClients; ++i)  // until the windows are wide
    upload();
  const Account account(crowd);
  for (auto _ : state)
    upload();
  account.report(state, state.iterations());
  state.SetBytesProcessed(state.iterations() * size);
}
BENCHMARK(post)->ArgName("bytes")->Arg(20 << 10);

// How long the longest turn takes in which sessions are opened: tables grow here.
void open_sessions(benchmark::State& state) {
  const auto clients = static_cast<std::size_t>(state.range(0));
  Crowd crowd;
  Duration longest{0};
  for (auto _ : state) {
    for (std::size_t first = 0; first < clients; first += kBatch) {
      const Duration before = thread_time();
      for (std::size_t id = first; id < first + kBatch; ++id)
        crowd.client(id, TcpFlags::kSyn, {});
      crowd.end_wake_up();
      longest = std::max(longest, thread_time() - before);
      crowd.pass(50us);
      for (std::size_t id = first; id < first + kBatch; ++id)
        crowd.target(id, TcpFlags::kSyn | kAck, {0, 1});
      crowd.end_wake_up();
    }
  }
  if (const char* fault = crowd.fault()) state.SkipWithError(fault);
  state.SetItemsProcessed(static_cast<std::int64_t>(clients));
  state.counters["longest_turn_us"] = static_cast<double>(longest.count()) / 1e3;
}
BENCHMARK(open_sessions)
    ->ArgName("sessions")
    ->Arg(1'000)
    ->Arg(10'000)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Iterations(1);

}  // namespace
}  // namespace tcpcopy::bench
