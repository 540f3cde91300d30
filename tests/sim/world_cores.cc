// SPDX-License-Identifier: BSD-3-Clause
// The cores of both daemons, and the channel between them.
#include "tests/sim/world.hh"

#include <algorithm>
#include <utility>

#include "common/net/packet_writer.hh"
#include "tests/sim/hosts.hh"

namespace tcpcopy::sim {
namespace {

using namespace std::chrono_literals;

}  // namespace

void World::engine_input(const std::function<void()>& input) {
  in_engine_ = true;
  input();
  engine_.on_deadline(clockwork_.now(), {*this, *this});
  in_engine_ = false;
  // The wake-up ends: routes leave before the packets, as in the daemon.
  if (!routes_out_.empty()) {
    const auto bytes = std::exchange(routes_out_, {});
    const route::LinkId link = link_;
    clockwork_.after(std::chrono::microseconds(dice_.between(20, 400)), [this, bytes, link] {
      if (link != link_ || !link_up_) return;
      Bytes rest(bytes);
      while (!rest.empty()) {
        Bytes piece = rest.first(std::min<std::size_t>(rest.size(), 1 + dice_.next() % 20));
        rest = rest.subspan(piece.size());
        while (const auto message = route_decoder_.next(piece)) {
          router_.on_link_message({link, {}}, *message, clockwork_.now(), *this);
        }
      }
      flush_channel();
    });
  }
  if (!engine_.ledger().balanced()) fail("the ledger does not balance");
  schedule_engine();
}

void World::schedule_engine() {
  const Instant next = engine_.next_deadline();
  if (next == kNever || next >= engine_wake_) return;
  engine_wake_ = next;
  clockwork_.at(next, [this, next] {
    if (engine_wake_ != next) return;
    engine_wake_ = kNever;
    engine_input([] {});
  });
}

bool World::add_route(const FlowKey& flow) {
  if (!link_up_) return false;
  const auto bytes = wire::encode(wire::RouteMessage::add_route(flow));
  routes_out_.insert(routes_out_.end(), bytes.begin(), bytes.end());
  return true;
}

void World::send(const ReplaySegment& segment, std::span<const Bytes> payload) {
  check_sent(segment);
  Packet packet;
  packet.source = segment.source;
  packet.destination = segment.destination;
  packet.seq = segment.seq.raw;
  packet.ack = segment.ack.raw;
  packet.flags = segment.flags.bits;
  packet.window = segment.window;
  packet.options = segment.options;
  for (std::size_t i = 0; i < segment.sack_count; ++i)
    packet.sacks.emplace_back(segment.sacks[i].begin.raw, segment.sacks[i].end.raw);
  for (const Bytes piece : payload) {
    for (const std::byte byte : piece)
      packet.payload += static_cast<char>(byte);
  }
  for (const std::uint64_t value :
       {std::uint64_t{packet.seq}, std::uint64_t{packet.ack}, std::uint64_t{packet.flags},
        std::uint64_t{packet.payload.size()}}) {
    fingerprint_ = (fingerprint_ ^ value) * 1099511628211ULL;
  }
  note("replay", packet);
  travel(Path::kOnlineTarget, packet, [this](const Packet& p) { at_target(p); });
}

void World::at_assistant(const Packet& packet) {
  const auto segment = to_segment<ReplaySegment>(packet);
  const Bytes payload = as_bytes(packet.payload);
  std::vector<std::byte> bytes(net::kMaxHeaders + packet.payload.size());
  bytes.resize(net::write_packet(segment, {&payload, 1}, 1, bytes));
  const auto parsed = net::parse_tcp_packet(bytes, net::Extent::kHeaders);
  if (!parsed) {
    fail("the simulator itself is wrong: a packet that does not parse");
    return;
  }
  router_.on_response(parsed.value, clockwork_.now(), *this);
  flush_channel();
}

void World::deliver(route::LinkId link, const net::TcpPacket& response) {
  if (link != link_ || !link_up_) return fail("a response for a link that is closed");
  encoder_.add(response);
}

void World::deliver_record(route::LinkId link, Bytes record) {
  if (link != link_ || !link_up_) return fail("a record for a link that is closed");
  encoder_.add(record);
}

void World::flush_channel() {
  if (encoder_.empty()) return;
  const Bytes out = encoder_.bytes();
  std::vector<std::byte> bytes(out.begin(), out.end());
  encoder_.clear();
  const route::LinkId link = link_;
  clockwork_.after(200us, [this, bytes, link] {  // in order: the delay is always the same
    if (link != link_ || !link_up_) return;
    engine_input([&] {
      Bytes rest(bytes);
      while (!rest.empty()) {
        Bytes piece = rest.first(std::min<std::size_t>(rest.size(), 1 + dice_.next() % 100));
        rest = rest.subspan(piece.size());
        while (const auto record = decoder_.next(piece)) {
          const auto response = wire::decode_response(*record);
          if (!response) {
            fail("a record that does not decode");
            return;
          }
          engine_.on_response(response.value, clockwork_.now(), {*this, *this});
        }
      }
    });
  });
}

void World::break_link() {
  link_up_ = false;
  router_.on_link_closed(link_++);
  decoder_ = wire::FrameDecoder(mode_);
  route_decoder_ = wire::RouteMessageDecoder();
  clockwork_.after(std::chrono::milliseconds(dice_.between(1, 5000)), [this] {
    link_up_ = true;
    engine_input([&] { engine_.on_route_restored(clockwork_.now(), {*this, *this}); });
  });
}

}  // namespace tcpcopy::sim
