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
  input();
  engine_.on_deadline(stage_.now(), {*this, *this});
  send_routes();
  if (!engine_.ledger().balanced()) stage_.fail("the ledger does not balance");
  check_held();
  if (engine_.sessions() > 0) {
    sessions_gone_at_ = kNever;
  } else if (sessions_gone_at_ == kNever) {
    sessions_gone_at_ = stage_.now();
  }
  schedule_engine();
}

World::Link* World::link(route::LinkId id) {
  const auto found =
      std::find_if(links_.begin(), links_.end(), [&](const Link& link) { return link.id == id; });
  return found == links_.end() || !found->up ? nullptr : &*found;
}

// The wake-up ends: routes leave before the packets, as in the daemon.
void World::send_routes() {
  for (Link& out : links_) {
    if (out.routes_out.empty()) continue;
    const auto bytes = std::exchange(out.routes_out, {});
    const route::LinkId id = out.id;
    stage_.after(std::chrono::microseconds(stage_.dice().between(20, 400)), [this, bytes, id] {
      Link* there = link(id);
      if (there == nullptr) return;
      Bytes rest(bytes);
      while (!rest.empty()) {
        Bytes piece = rest.first(std::min<std::size_t>(rest.size(), 1 + stage_.dice().next() % 20));
        rest = rest.subspan(piece.size());
        while (const auto message = there->route_decoder.next(piece)) {
          router_.on_link_message({id, {}}, *message, stage_.now(), *this);
        }
      }
      flush_channels();
    });
  }
}

void World::schedule_engine() {
  const Instant next = engine_.next_deadline();
  if (next == kNever || next >= engine_wake_) return;
  engine_wake_ = next;
  stage_.clockwork().at(next, [this, next] {
    if (engine_wake_ != next) return;
    engine_wake_ = kNever;
    ++timer_wake_ups_;
    engine_input([] {});
  });
}

// One link after the other, as far as they are up.
bool World::add_route(const FlowKey& flow) {
  const auto bytes = wire::encode(wire::RouteMessage::add_route(flow));
  for (std::size_t i = 0; i < links_.size(); ++i) {
    Link& link = links_[next_link_++ % links_.size()];
    if (!link.up) continue;
    link.routes_out.insert(link.routes_out.end(), bytes.begin(), bytes.end());
    return true;
  }
  return false;
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
  stage_.note("replay", packet);
  path(PathId::kOnlineTarget).carry(packet);
}

void World::at_assistant(const Packet& packet) {
  const auto segment = to_segment<ReplaySegment>(packet);
  const Bytes payload = as_bytes(packet.payload);
  std::vector<std::byte> bytes(net::kMaxHeaders + packet.payload.size());
  bytes.resize(net::write_packet(segment, {&payload, 1}, 1, bytes));
  const auto parsed = net::parse_tcp_packet(bytes, net::Extent::kHeaders);
  if (!parsed) {
    stage_.fail("the simulator itself is wrong: a packet that does not parse");
    return;
  }
  router_.on_response(parsed.value, stage_.now(), *this);
  flush_channels();
}

void World::deliver(route::LinkId id, const net::TcpPacket& response) {
  Link* out = link(id);
  if (out == nullptr) return stage_.fail("a response for a link that is closed");
  out->encoder.add(response);
}

void World::deliver_record(route::LinkId id, Bytes record) {
  Link* out = link(id);
  if (out == nullptr) return stage_.fail("a record for a link that is closed");
  out->encoder.add(record);
}

void World::flush_channels() {
  for (Link& link : links_)
    flush_channel(link);
}

void World::flush_channel(Link& from) {
  if (from.encoder.empty()) return;
  const Bytes out = from.encoder.bytes();
  std::vector<std::byte> bytes(out.begin(), out.end());
  from.encoder.clear();
  stage_.after(200us, [this, bytes, id = from.id] {  // in order: the delay is always the same
    Link* there = link(id);
    if (there == nullptr) return;
    engine_input([&] {
      Bytes rest(bytes);
      while (!rest.empty()) {
        Bytes piece =
            rest.first(std::min<std::size_t>(rest.size(), 1 + stage_.dice().next() % 100));
        rest = rest.subspan(piece.size());
        while (const auto record = there->decoder.next(piece)) {
          const auto response = wire::decode_response(*record);
          if (!response) {
            stage_.fail("a record that does not decode");
            return;
          }
          engine_.on_response(response.value, stage_.now(), {*this, *this});
        }
      }
    });
  });
}

// One of them; the other takes its routes over.
void World::break_link() {
  const std::size_t which = stage_.dice().next() % links_.size();
  router_.on_link_closed(links_[which].id);
  links_[which] = Link(mode_);
  links_[which].id = ++last_link_;
  links_[which].up = false;
  const auto restore = [this] { engine_.on_route_restored(stage_.now(), {*this, *this}); };
  if (links_.size() > 1) engine_input(restore);
  stage_.after(stage_.draw_milliseconds(1, 5000), [this, which, restore] {
    links_[which].up = true;
    engine_input(restore);
  });
}

}  // namespace tcpcopy::sim
