// SPDX-License-Identifier: BSD-3-Clause
// Both ends of a link, at each other and at hostile bytes. Input: the mode; then steps, each a byte
// that says what happens and one that says how much.
#include <algorithm>
#include <vector>

#include "common/channel/intercept_end.hh"
#include "common/channel/tcpcopy_end.hh"
#include "tests/fuzz/fuzz.hh"

namespace tcpcopy {
namespace {

using fuzz::require;

constexpr std::size_t kMaxQueued = 1000;

// A SYN-ACK without options whose number is its sequence number.
std::vector<std::byte> packet(std::uint8_t number) {
  std::vector<std::byte> bytes(40);
  const auto set = [&](std::size_t at, unsigned value) {
    bytes[at] = static_cast<std::byte>(value);
  };
  set(0, 0x45);
  set(3, 40);
  set(9, 6);
  set(27, number);
  set(32, 0x50);
  set(33, 0x12);
  return bytes;
}

class Link {
 public:
  /// @param old one of the ends knows version 6 alone.
  Link(wire::FrameMode mode, std::size_t max_records, bool old)
      : old_(old), tcpcopy_({mode}, now_), intercept_({mode, max_records}, now_) {
    greet();
  }

  void step(std::uint8_t what, std::uint8_t how_much, fuzz::Input& input) {
    now_ += std::chrono::milliseconds(how_much);
    switch (what % 6) {
      case 0:
        announce(how_much);
        break;
      case 1:
        respond(how_much);
        break;
      case 2:
        to_intercept(how_much);
        break;
      case 3:
        to_tcpcopy(how_much);
        break;
      case 4:
        garbage(input.take(how_much));
        break;
      default:
        deadline();
        break;
    }
  }

 private:
  // An old end loses the offer, or takes no notice.
  void greet() {
    if (!old_) return;
    to_intercept(14);
    tcpcopy_.on_sent(14, now_);
  }

  void announce(std::uint8_t count) {
    for (; count > 0; --count) {
      const FlowKey flow{{Address::v4(1), next_port_++}, {Address::v4(2), 80}};
      require(tcpcopy_.announce(flow), "there is room for a few routes");
    }
  }

  void respond(std::uint8_t count) {
    for (; count > 0; --count) {
      const auto bytes = packet(count);
      const auto parsed = net::parse_tcp_packet(bytes, net::Extent::kWhole);
      require(static_cast<bool>(parsed), "the fuzz target's own packet is one");
      intercept_.add(wire::headers_of(parsed.value));
      ++added_;
    }
    intercept_.settle(now_, kMaxQueued);
    // The block that was begun, and the newest, are kept whatever they hold.
    require(intercept_.queue().bytes() <= kMaxQueued + 2 * 255 * 194, "the queue is bounded");
  }

  void to_intercept(std::size_t most) {
    const Bytes piece = tcpcopy_.unsent().first(std::min(most, tcpcopy_.unsent().size()));
    const std::vector<std::byte> bytes(piece.begin(), piece.end());
    tcpcopy_.on_sent(bytes.size(), now_);
    intercept_.on_bytes(bytes, now_, [this](const wire::Message& message) {
      const auto* route = std::get_if<wire::AddRoute>(&message);
      require(route != nullptr && route->flow.client.port == heard_port_++,
              "routes keep their order");
    });
    require(!intercept_.over(), "what tcpcopy says is understood");
  }

  void to_tcpcopy(std::size_t most) {
    const Bytes piece = intercept_.unsent().first(std::min(most, intercept_.unsent().size()));
    const std::vector<std::byte> bytes(piece.begin(), piece.end());
    intercept_.on_sent(bytes.size(), now_);
    intercept_.settle(now_, kMaxQueued);
    tcpcopy_.on_bytes(bytes, now_, [this](const net::Parsed<Response>& response) {
      require(static_cast<bool>(response), "what intercept says is a response");
      ++heard_;
    });
    require(!tcpcopy_.over(), "no frame breaks, whatever is dropped");
    require(heard_ + intercept_.queue().dropped_records() <= added_, "nothing is made up");
    if (intercept_.unsent().empty()) {
      require(heard_ + intercept_.queue().dropped_records() == added_, "nothing else is lost");
    }
  }

  // Hostile bytes, at ends that have seen nothing else, and at ends that have agreed on version 7.
  void garbage(Bytes bytes) const {
    for (const int greetings : {0, 2}) {
      channel::InterceptEnd intercept({}, now_);
      channel::TcpcopyEnd tcpcopy({}, now_);
      for (int i = 0; i < greetings; ++i)
        greet(tcpcopy, intercept);
      require(greetings == 0 || (tcpcopy.version() == 7 && intercept.version() == 7),
              "two ends agree on version 7");
      intercept.on_bytes(bytes, now_, [](const wire::Message&) {});
      tcpcopy.on_bytes(bytes, now_, [](const net::Parsed<Response>&) {});
    }
  }

  void greet(channel::TcpcopyEnd& tcpcopy, channel::InterceptEnd& intercept) const {
    const auto take = [&](auto& from) {
      const Bytes unsent = from.unsent();
      std::vector<std::byte> bytes(unsent.begin(), unsent.end());
      from.on_sent(bytes.size(), now_);
      return bytes;
    };
    intercept.on_bytes(take(tcpcopy), now_, [](const wire::Message&) {});
    if (!intercept.unsent().empty()) {
      tcpcopy.on_bytes(take(intercept), now_, [](const net::Parsed<Response>&) {});
    }
  }

  void deadline() {
    const bool due = intercept_.next_deadline() <= now_;
    if (due) intercept_.on_deadline(now_);
    intercept_.settle(now_, kMaxQueued);
    if (tcpcopy_.next_deadline() <= now_) tcpcopy_.on_deadline(now_);
    require(!old_ || intercept_.over().has_value() == due, "in version 6 a deadline ends the link");
    if (!intercept_.over() && !tcpcopy_.over()) {
      require(std::min(intercept_.next_deadline(), tcpcopy_.next_deadline()) > now_,
              "what was due was done");
      return;
    }
    intercept_ = channel::InterceptEnd({}, now_);
    tcpcopy_ = channel::TcpcopyEnd({}, now_);
    heard_port_ = next_port_;
    heard_ = added_ = 0;
    greet();
  }

  bool old_;
  Instant now_{std::chrono::hours(1)};
  channel::TcpcopyEnd tcpcopy_;
  channel::InterceptEnd intercept_;
  std::uint16_t next_port_ = 1;
  std::uint16_t heard_port_ = 1;
  std::uint64_t added_ = 0;
  std::uint64_t heard_ = 0;
};

}  // namespace
}  // namespace tcpcopy

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tcpcopy::fuzz::Input input(data, size);
  const std::uint8_t mode = input.byte();
  tcpcopy::Link link({(mode & 1U) == 0, (mode & 2U) != 0}, mode >> 2U & 7U, (mode & 32U) != 0);
  while (!input.empty()) {
    const std::uint8_t what = input.byte();
    link.step(what, input.byte(), input);
  }
  return 0;
}
