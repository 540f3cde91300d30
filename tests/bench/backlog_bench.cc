// SPDX-License-Identifier: BSD-3-Clause
// One client whose stream piles up: what a packet costs when much is held already. It should cost
// as much with 80,000 segments as with 10,000, in whichever order they come.
#include <benchmark/benchmark.h>
#include <ctime>

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <string_view>
#include <vector>

#include "tcpcopy/session/engine.hh"
#include "tests/bench/flows.hh"

namespace tcpcopy::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kSegment = 8;  // bytes
constexpr std::uint32_t kClientIss = 0x10000000;
constexpr std::uint32_t kOnlineIss = 0x20000000;
constexpr std::uint32_t kTargetIss = 0x30000000;
constexpr std::uint8_t kAck = TcpFlags::kAck;
const Endpoint kOnline{Address::v4(0x0a4d0014), 8080};

Duration thread_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

/// One client, its target and the engine between them. Each input is a wake-up; it keeps the
/// longest.
class Backlog : public PacketSink, public RouteSink {
 public:
  Backlog()
      : engine_(session::Settings(), TargetRules({{std::nullopt, kOnline.port, kTarget}}),
                session::SourceAddresses(), now_, {*this, *this}) {}

  /// What every segment of the client begins with from now on.
  void say(std::string_view text) {
    payload_.fill(std::byte{'x'});
    std::memcpy(payload_.data(), text.data(), std::min(text.size(), payload_.size()));
  }

  void client(std::uint8_t flags, std::uint32_t at, std::uint32_t length = 0) {
    ClientSegment segment;
    segment.source = client_endpoint(0);
    segment.destination = kOnline;
    segment.seq = Seq<space::Client>(kClientIss + at);
    segment.ack = Seq<space::Online>(kOnlineIss + 1);
    segment.flags = {flags};
    segment.window = 65535;
    if (segment.flags.syn()) segment.options.mss = 1460;
    segment.payload_length = length;
    segment.payload = Bytes(payload_).first(length);
    wake_up([&] { engine_.on_segment(segment, now_); });
  }

  void target(std::uint8_t flags, std::uint32_t ack, std::uint16_t window) {
    Response response;
    response.source = kTarget;
    response.destination = client_endpoint(0);
    response.seq = Seq<space::Target>(kTargetIss + (TcpFlags{flags}.syn() ? 0 : 1));
    response.ack = Seq<space::Replay>(iss_ + ack);
    response.flags = {flags};
    response.window = window;
    if (response.flags.syn()) response.options.mss = 1460;
    wake_up([&] { engine_.on_response(response, now_); });
  }

  void open(std::uint16_t window) {
    client(TcpFlags::kSyn, 0);
    target(TcpFlags::kSyn | kAck, 1, window);
    client(kAck, 1);
  }

  void pass(Duration duration) {
    now_ += duration;
    wake_up([] {});
  }

  /// The target takes whatever is held.
  void drain() {
    target(kAck, sent_to_, 65535);
    while (engine_.ledger().held.bytes > 0 && engine_.sessions() > 0) {
      pass(100us);
      target(kAck, sent_to_, 65535);
    }
  }

  void send(const ReplaySegment& segment, std::span<const Bytes>) override {
    if (segment.flags.syn()) iss_ = segment.seq.raw;
    sent_to_ = std::max(sent_to_, segment.seq.raw + segment.payload_length - iss_);
  }
  bool announce(const FlowKey&) override { return true; }

  const session::Ledger& ledger() const { return engine_.ledger(); }
  Duration longest() const { return longest_; }

 private:
  template <typename Input>
  void wake_up(Input input) {
    const Duration before = thread_time();
    input();
    engine_.on_deadline(now_);
    longest_ = std::max(longest_, thread_time() - before);
  }

  Instant now_{std::chrono::seconds(1000)};
  session::Engine engine_;
  std::array<std::byte, kSegment> payload_{};
  std::uint32_t iss_ = kClientIss;  // of the connection to the target
  std::uint32_t sent_to_ = 1;
  Duration longest_{0};
};

enum Order { kInOrder, kReversed, kShuffled };

std::vector<std::uint32_t> numbers(std::size_t count, Order order) {
  std::vector<std::uint32_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0U);
  if (order == kReversed) std::reverse(numbers.begin(), numbers.end());
  std::uint64_t state = 1;
  for (std::size_t i = count; order == kShuffled && i > 1; --i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    std::swap(numbers[i - 1], numbers[(state >> 33U) % i]);
  }
  return numbers;
}

void report(benchmark::State& state, const Backlog& talk, std::uint64_t delivered) {
  const session::Ledger& ledger = talk.ledger();
  if (!ledger.balanced() || ledger.delivered.bytes != delivered) {
    state.SkipWithError("what was delivered is wrong");
  }
  state.SetItemsProcessed(state.range(0));
  state.counters["longest_us"] = static_cast<double>(talk.longest().count()) / 1e3;
}

// Segments that begin with this can be merged, or not: it may be the first byte of a request.
std::string_view text(std::int64_t apart) { return apart != 0 ? "*" : "data"; }

// The target's window is closed; in the end it opens. Out of order the first segment comes last,
// so that everything lies behind a hole.
void closed_window(benchmark::State& state) {
  const auto order = static_cast<Order>(state.range(1));
  const auto count = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    Backlog talk;
    talk.say(text(state.range(2)));
    talk.open(0);
    for (const std::uint32_t i : numbers(count - 1, order)) {
      const std::uint32_t at = order == kInOrder ? i : i + 1;
      talk.client(kAck, 1 + at * kSegment, kSegment);
    }
    const std::uint32_t last = order == kInOrder ? static_cast<std::uint32_t>(count) - 1 : 0;
    talk.client(kAck, 1 + last * kSegment, kSegment);
    talk.drain();
    report(state, talk, count * kSegment);
  }
}

// The target resets the first connection behind a request. What the client says meanwhile waits,
// and the first request among it, which comes last, begins the next.
void retry_pause(benchmark::State& state) {
  const auto count = static_cast<std::uint32_t>(state.range(0));
  for (auto _ : state) {
    Backlog talk;
    talk.open(65535);
    talk.say("GET /");
    talk.client(kAck, 1, kSegment);
    talk.target(kAck, 1 + kSegment, 65535);
    talk.target(TcpFlags::kRst | kAck, 1 + kSegment, 0);
    talk.say(text(state.range(1)));
    for (std::uint32_t i = 1; i <= count; ++i)
      talk.client(kAck, 1 + i * kSegment, kSegment);
    talk.say("GET /");
    talk.client(kAck, 1 + (count + 1) * kSegment, kSegment);
    talk.pass(2s);
    talk.target(TcpFlags::kSyn | kAck, 1, 65535);
    talk.drain();
    report(state, talk, 2 * kSegment);
  }
}

BENCHMARK(closed_window)
    ->ArgNames({"segments", "order", "apart"})
    ->ArgsProduct({{10'000, 80'000}, {kInOrder, kReversed, kShuffled}, {0, 1}})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(retry_pause)
    ->ArgNames({"segments", "apart"})
    ->ArgsProduct({{10'000, 80'000}, {0, 1}})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tcpcopy::bench
