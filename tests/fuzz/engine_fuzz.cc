// SPDX-License-Identifier: BSD-3-Clause
// The replay engine between a client and a target that both send what no TCP would. Input: a list
// of steps; see Fuzzer::step().
#include <vector>

#include "tcpcopy/session/engine.hh"
#include "tests/fuzz/fuzz.hh"

namespace tcpcopy {
namespace {

using namespace std::chrono_literals;
using fuzz::require;

const Endpoint kOnline{Address::v4(0x0a4d0014), 80};
const Endpoint kTarget{Address::v4(0x0a4d001e), 8080};
constexpr std::uint16_t kMtu = 1500;

session::Settings settings(std::uint8_t bits) {
  session::Settings settings;
  settings.mtu = kMtu;
  settings.turn_order = (bits & 1U) == 0;
  settings.only_from_start = (bits & 2U) != 0;
  if ((bits & 4U) != 0) settings.rtt = 20ms;
  if ((bits & 8U) != 0) settings.max_sessions = 2;
  if ((bits & 16U) != 0) settings.max_held_per_session = 4000;
  if ((bits & 32U) != 0) settings.max_memory = 8000;
  return settings;
}

class Fuzzer : public PacketSink, public RouteSink {
 public:
  explicit Fuzzer(fuzz::Input input)
      : input_(input),
        engine_(settings(input_.byte()), TargetRules({{std::nullopt, kOnline.port, kTarget}}),
                session::SourceAddresses(), now_, {*this, *this}),
        payload_(64 << 10) {}

  void run() {
    while (!input_.empty()) {
      step();
      settle();
    }
    engine_.shut_down(now_);
    while (engine_.next_deadline() <= now_)
      engine_.on_deadline(now_);
    require(engine_.ledger().balanced(), "the ledger balances at the end");
    require(engine_.sessions() == 0 && engine_.timers() == 0, "shutting down ends all sessions");
    require(engine_.ledger().held.bytes == 0 && engine_.ledger().held.packets == 0,
            "nothing is held when there is no session");
  }

  void send(const ReplaySegment& segment, std::span<const Bytes> payload) override {
    last_source_ = segment.source;
    last_seq_ = segment.seq.raw + segment.sequence_length();
    last_ack_ = segment.ack.raw;
    require(segment.destination == kTarget, "packets go to the target");
    require(segment.payload_length + 40U <= kMtu, "packets fit the MTU");
    require(segment.sack_count <= kMaxSackBlocks, "SACK blocks fit their room");
    std::size_t length = 0;
    std::optional<std::uint8_t> expected;
    for (const Bytes piece : payload) {
      length += piece.size();
      for (const std::byte byte : piece) {
        const auto value = std::to_integer<std::uint8_t>(byte);
        require(value == expected.value_or(value), "the client's bytes leave in their order");
        expected = static_cast<std::uint8_t>(value + 1);
      }
    }
    require(length == segment.payload_length, "the payload has the length that it claims");
  }

  bool announce(const FlowKey& flow) override {
    require(flow.server == kTarget, "routes are for the target's packets");
    return routes_up_;
  }

 private:
  void step() {
    const std::uint8_t what = input_.byte();
    switch (what % 8) {
      case 0:
      case 1:
      case 2:
        client(what >> 3U);
        break;
      case 3:
      case 4:
      case 5:
        target();
        break;
      case 6:
        pass(std::chrono::milliseconds(1U << (what >> 3U) % 20U));
        break;
      default:
        other(what >> 3U);
        break;
    }
  }

  void other(unsigned what) {
    if (what == 0) engine_.drain(now_);
    if (what % 4 == 1) routes_up_ = false;
    if (what % 4 == 2) {
      routes_up_ = true;
      engine_.on_path_restored(now_);
    }
  }

  // Follows every deadline, as the event loop does.
  void pass(Duration duration) {
    const Instant until = now_ + duration;
    for (int i = 0; i < 1000 && engine_.next_deadline() <= until; ++i) {
      now_ = std::max(now_, engine_.next_deadline());
      settle();
    }
    now_ = until;
  }

  // What ends every turn. It leaves no deadline that has come, or the loop would spin.
  void settle() {
    for (int i = 0; i < 4; ++i)
      engine_.on_deadline(now_);
    require(engine_.next_deadline() > now_, "a deadline that has come is met");
    require(engine_.ledger().balanced(), "the ledger balances");
    require(engine_.sessions() == engine_.ledger().sessions_live, "live sessions are in the table");
  }

  // Numbers near those that are to be expected, or anywhere.
  std::uint32_t number(std::uint32_t near) {
    const std::uint8_t kind = input_.byte();
    if (kind < 128) return near;
    if (kind < 224) return near + input_.number(1) - 128U;
    if (kind < 250) return near + (input_.number(2) << 4U) - (1U << 18U);
    return input_.number(4);
  }

  template <typename SegmentType>
  void read_options(SegmentType& segment) {
    const std::uint8_t bits = input_.byte();
    if ((bits & 1U) != 0) segment.options.mss = static_cast<std::uint16_t>(input_.number(2));
    if ((bits & 2U) != 0) segment.options.window_scale = static_cast<std::uint8_t>(bits >> 4U & 7U);
    if ((bits & 4U) != 0) segment.options.timestamps = {input_.number(4), input_.number(4)};
    segment.options.sack_permitted = (bits & 8U) != 0;
    segment.sack_count = (bits & 128U) != 0 ? bits >> 4U & 3U : 0;
    for (std::size_t i = 0; i < segment.sack_count; ++i) {
      segment.sacks[i].begin = segment.ack + input_.number(2);
      segment.sacks[i].end = segment.sacks[i].begin + input_.number(2);
    }
  }

  template <typename SegmentType>
  SegmentType segment(std::uint32_t seq, std::uint32_t ack) {
    SegmentType segment;
    segment.flags = {input_.byte()};
    segment.seq = decltype(segment.seq)(number(seq));
    segment.ack = decltype(segment.ack)(number(ack));
    segment.window = static_cast<std::uint16_t>(input_.number(2));
    const std::uint8_t size = input_.byte();
    segment.payload_length = size < 200 ? size : (size - 199U) << 8U;
    read_options(segment);
    return segment;
  }

  // A byte of the client is the low byte of its number, so that each follows from the one before.
  void client(unsigned which) {
    auto captured = segment<ClientSegment>(client_next_, online_next_);
    captured.urgent = captured.window;  // as good as any
    captured.source = {Address::v4(0x0a4d000a), static_cast<std::uint16_t>(40000 + which % 4)};
    captured.destination = kOnline;
    const std::uint32_t first = captured.seq.raw + (captured.flags.syn() ? 1U : 0U);
    for (std::uint32_t i = 0; i < captured.payload_length; ++i)
      payload_[i] = static_cast<std::byte>((first + i) & 0xffU);
    captured.payload = Bytes(payload_).first(captured.payload_length);
    client_next_ = captured.seq.raw + captured.sequence_length();
    if (captured.flags.ack()) online_next_ = captured.ack.raw + 10;
    engine_.on_segment(captured, now_);
  }

  // It answers the packet that was sent last.
  void target() {
    auto response = segment<Response>(last_ack_, last_seq_);
    response.source = kTarget;
    response.destination = last_source_;
    engine_.on_response(response, now_);
  }

  fuzz::Input input_;
  Instant now_{1000s};
  session::Engine engine_;
  std::vector<std::byte> payload_;
  std::uint32_t client_next_ = 0xfffffff0;
  std::uint32_t online_next_ = 0x7ffffff0;
  Endpoint last_source_;
  std::uint32_t last_seq_ = 0;
  std::uint32_t last_ack_ = 0;
  bool routes_up_ = true;
};

}  // namespace
}  // namespace tcpcopy

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tcpcopy::Fuzzer(tcpcopy::fuzz::Input(data, size)).run();
  return 0;
}
