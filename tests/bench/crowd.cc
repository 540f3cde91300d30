// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/crowd.hh"

#include <algorithm>
#include <string_view>

#include "tests/bench/flows.hh"

namespace tcpcopy::bench {
namespace {

using namespace std::chrono_literals;

const Endpoint kOnline{Address::v4(0x0a4d0014), 8080};
constexpr std::uint32_t kOnlineIss = 0x20000000;
constexpr std::uint32_t kTargetIss = 0x30000000;
constexpr std::size_t kOpenedAtOnce = 64;

std::uint32_t client_iss(std::size_t id) { return static_cast<std::uint32_t>(id) * 2654435761U; }

std::uint32_t milliseconds(Instant now) {
  return static_cast<std::uint32_t>(now.time_since_epoch() / 1ms);
}

TcpOptions syn_options() {
  TcpOptions options;
  options.mss = 1460;
  options.window_scale = 7;
  options.sack_permitted = true;
  return options;
}

// 64 KB; in a SYN it is not scaled.
std::uint16_t window(TcpFlags flags) { return flags.syn() ? 64240 : 502; }

}  // namespace

Crowd::Crowd()
    : engine_(session::Settings(), TargetRules({{std::nullopt, kOnline.port, kTarget}}),
              session::SourceAddresses(), now_, {*this, *this}) {
  constexpr std::string_view kRequest = "GET /index.html HTTP/1.1\r\nHost: online\r\n\r\n";
  std::transform(kRequest.begin(), kRequest.end(), payload_.begin(),
                 [](char c) { return static_cast<std::byte>(c); });
  segment_.destination = kOnline;
  response_.source = kTarget;
}

void Crowd::client(std::size_t id, std::uint8_t flags, At at, std::uint32_t length) {
  ++packets_in_;
  segment_.source = client_endpoint(id);
  segment_.seq = Seq<space::Client>(client_iss(id) + at.seq);
  segment_.ack = Seq<space::Online>(kOnlineIss + at.ack);
  segment_.flags = {flags};
  segment_.window = window(segment_.flags);
  segment_.options = segment_.flags.syn() ? syn_options() : TcpOptions();
  segment_.options.timestamps = {milliseconds(now_), 1};
  segment_.payload_length = length;
  segment_.payload = Bytes(payload_).first(length);
  engine_.on_segment(segment_, now_);
}

void Crowd::target(std::size_t id, std::uint8_t flags, At at, std::uint32_t length) {
  ++packets_in_;
  response_.destination = client_endpoint(id);
  response_.seq = Seq<space::Target>(kTargetIss + at.seq);
  response_.ack = Seq<space::Replay>(client_iss(id) + at.ack);
  response_.flags = {flags};
  response_.window = window(response_.flags);
  response_.options = response_.flags.syn() ? syn_options() : TcpOptions();
  response_.options.timestamps = {milliseconds(now_), milliseconds(now_)};
  response_.payload_length = length;
  engine_.on_response(response_, now_);
}

void Crowd::open(std::size_t count) {
  for (std::size_t first = 0; first < count; first += kOpenedAtOnce) {
    const std::size_t end = std::min(count, first + kOpenedAtOnce);
    for (std::size_t id = first; id < end; ++id)
      client(id, TcpFlags::kSyn, {});
    pass(50us);
    for (std::size_t id = first; id < end; ++id)
      target(id, TcpFlags::kSyn | TcpFlags::kAck, {0, 1});
    pass(50us);
    for (std::size_t id = first; id < end; ++id)
      client(id, TcpFlags::kAck, {1, 1});
    end_wake_up();
  }
}

const char* Crowd::fault() const {
  const session::Ledger& ledger = engine_.ledger();
  if (!ledger.balanced()) return "the ledger does not balance";
  if (ledger.held.bytes > 0) return "bytes are still held";
  if (ledger.lost_in_all().packets + ledger.sessions_lost_in_all() > 0) return "something was lost";
  if (ledger.duplicate.packets > 0) return "something was taken for captured twice";
  if (ledger.retransmissions > 0) return "something was sent again";
  if (ledger.turn_quiets + ledger.turn_expiries > 0) return "a turn waited in vain";
  if (ledger.reconnects + ledger.ports_changed + ledger.responses_unknown > 0) {
    return "a connection went astray";
  }
  return nullptr;
}

}  // namespace tcpcopy::bench
