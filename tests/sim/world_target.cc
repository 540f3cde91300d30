// SPDX-License-Identifier: BSD-3-Clause
// The target.
#include "tests/sim/world.hh"

#include <algorithm>
#include <utility>

#include "tests/sim/hosts.hh"

namespace tcpcopy::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kSocketBuffer = 4000;  // what kBlocking may write without being taken
constexpr int kMostPushes = 30;

}  // namespace

std::optional<HeardFrom::Connection> World::connection(const FlowKey& flow) const {
  const auto found = target_.find(flow);
  if (found == target_.end()) return std::nullopt;
  const MiniTcp& tcp = *found->second->tcp;
  return Connection{target_connections_.at(flow), tcp.sent_up_to(), tcp.closed()};
}

void World::at_target(const Packet& packet) {
  stage_.note("at target", packet);
  const FlowKey flow{packet.source, packet.destination};
  const auto found = target_.find(flow);
  const bool is_new = found == target_.end() || found->second->tcp->closed() ||
                      (found->second->tcp->finished() && packet.has(TcpFlags::kSyn));
  if (!is_new) {
    TargetSide& side = *found->second;
    if (weather_.character == Character::kReneging && stage_.dice().chance(0.05))
      side.tcp->renege();
    side.tcp->on_packet(packet);
    if (side.of_nobody && side.tcp->state() == MiniTcp::State::kOpen) {
      flood_was_established_ = true;
    }
    if (side.blocked && side.tcp->unsent() <= kSocketBuffer) {
      side.blocked = false;
      side.tcp->stall(false);
    }
    return;
  }
  if (packet.has(TcpFlags::kSyn) && weather_.character == Character::kRefusing) {
    refuse(packet);
  } else if (packet.has(TcpFlags::kSyn)) {
    open_target(packet);
  } else if (!packet.has(TcpFlags::kRst)) {
    Packet rst;  // nobody is there
    rst.source = packet.destination;
    rst.destination = packet.source;
    rst.flags = TcpFlags::kRst;
    rst.seq = packet.ack;
    path(PathId::kTargetAssistant).carry(rst);
  }
}

void World::open_target(const Packet& syn) {
  const FlowKey flow{syn.source, syn.destination};
  if (const auto old = target_.find(flow); old != target_.end()) {
    target_gone_.push_back(std::move(old->second));
  }
  auto& side = *(target_[flow] = std::make_unique<TargetSide>());
  ++syns_at_target_[flow];
  side.flow = flow;
  side.of_nobody =
      syn.source.address >= Address::v4(kNobody) && syn.source.address < Address::v4(kNobody + 256);
  side.moved_at = stage_.now();
  side.greets = syn.destination == kTargetGreeting;
  MiniTcp::Events events;
  events.transmit = [this, &side](const Packet& packet) {
    stage_.note("target", packet);
    if (!packet.payload.empty()) side.moved_at = stage_.now();
    path(PathId::kTargetAssistant).carry(packet);
  };
  events.received = [this, &side](const std::string& bytes) { serve_target(side, bytes); };
  events.peer_closed = [this, &side] {
    side.client_closed = true;
    if (side.queue.empty()) {
      side.tcp->close();
      target_ended_at_ = stage_.now();
    }
  };
  events.was_reset = [] {};
  // A further connection on the same ports has numbers clear of the last.
  const std::uint32_t iss = stage_.draw_initial_number() + (target_connections_[flow]++ << 24U);
  events.peer_erred = [this](const char* what) { stage_.fail(what); };
  side.tcp = std::make_unique<MiniTcp>(stage_.clockwork(), syn.destination, syn.source, iss,
                                       weather_.target_offers, events);
  side.tcp->accept(syn);
  if (side.greets) side.tcp->write(std::string(kGreeting, 'g'));
  show_character(side);
  if (weather_.target_stalls && stage_.dice().chance(0.5)) {
    const auto from = stage_.draw_milliseconds(1, 200);
    stage_.after(from, [&side] { side.tcp->stall(true); });
    stage_.after(from + std::chrono::seconds(stage_.dice().between(1, 20)),
                 [&side] { side.tcp->stall(false); });
  }
}

// RFC 9293, 3.10.7.1.
void World::refuse(const Packet& packet) {
  ++syns_at_target_[{packet.source, packet.destination}];
  Packet rst;
  rst.source = packet.destination;
  rst.destination = packet.source;
  rst.flags = TcpFlags::kRst | TcpFlags::kAck;
  rst.ack = packet.seq + 1;
  path(PathId::kTargetAssistant).carry(rst);
}

// What it does before anybody asks.
void World::show_character(TargetSide& side) {
  switch (weather_.character) {
    case Character::kBusy:
      side.tcp->write("421 busy\r\n");
      side.tcp->close_fully();
      break;
    case Character::kPushing:
      push(side);
      break;
    case Character::kIdleClose:
      close_when_idle(side);
      break;
    case Character::kStopReading:
      stage_.after(stage_.draw_milliseconds(0, 500), [&side] { side.tcp->stall(true); });
      stage_.after(std::chrono::seconds(stage_.dice().between(60, 400)),
                   [&side] { side.tcp->stall(false); });
      break;
    default:
      break;
  }
}

void World::push(TargetSide& side) {
  stage_.after(weather_.pause, [this, &side] {
    if (side.tcp->closed() || side.client_closed || ++side.pushes > kMostPushes) return;
    side.tcp->write(std::string(static_cast<std::size_t>(stage_.dice().between(1, 100)), 'P'));
    push(side);
  });
}

void World::close_when_idle(TargetSide& side) {
  stage_.after(weather_.pause, [this, &side, asked = side.asked] {
    if (side.tcp->closed() || side.client_closed) return;
    if (side.asked != asked || !side.queue.empty()) {
      close_when_idle(side);
      return;
    }
    side.tcp->close_fully();
    target_ended_at_ = stage_.now();
  });
}

void World::serve_target(TargetSide& side, const std::string& bytes) {
  check_read(side, bytes);
  side.moved_at = stage_.now();
  ++side.asked;
  if (side.in_the_middle) return;  // a real server would answer with an error
  side.reader.feed(bytes);
  const bool early = weather_.character == Character::kEarly;
  if (early) {
    if (const auto request = side.reader.begun()) say(side, request->response);
  }
  while (const auto request = side.reader.next()) {
    // Turn order: a request whose sender had seen all responses finds the turn before it answered,
    // its first request at least.
    const auto begins_turn = [&](const Request& r) {
      return side.client != nullptr && side.client->had_read_all(r.number);
    };
    // A greeting can only be waited for when the client's first ack was captured in order.
    const bool base_known = !side.greets || weather_.client_online.loss == 0;
    const bool unanswered =
        std::any_of(side.queue.begin(), side.queue.end(),
                    [&](const Request& r) { return r.response > 0 && begins_turn(r); });
    if (base_known && unanswered && begins_turn(*request) && weather_.turn_order &&
        engine_.ledger().turn_expiries + engine_.ledger().turn_quiets == 0 &&
        !stage_.plan().capture_misses() && weather_.response_delta == 0 && !target_was_restarted_ &&
        weather_.character == Character::kPlain) {
      stage_.fail("a request came before the answer to the one before it");
    }
    side.queue.push_back(*request);
    if (early) {
      if (const auto next = side.reader.begun()) say(side, next->response);
    }
  }
  if (side.reader.bad()) stage_.fail("the target read what is no request");
  if (!side.queue.empty()) think(side);
}

void World::think(TargetSide& side) {
  if (std::exchange(side.thinking, true)) return;
  stage_.after(weather_.target_think, [this, &side] {
    const Request request = side.queue.front();
    answer(side, request);
  });
}

void World::answer(TargetSide& side, const Request& request) {
  side.thinking = false;
  side.moved_at = target_ended_at_ = stage_.now();
  if (request.response == Request::kBye) {
    side.queue.clear();
    side.tcp->close();
    return;
  }
  side.queue.erase(side.queue.begin());
  const bool nth = ++requests_at_target_ % std::max(weather_.every, 1) == 0;
  switch (weather_.character) {
    case Character::kEarly:  // it is out already
    case Character::kSilent:
      break;
    case Character::kNeverEvery:
      if (!nth) say(side, request.response);
      break;
    case Character::kResetEvery:
      if (nth) {
        side.queue.clear();
        side.tcp->abort();
        return;
      }
      say(side, request.response);
      break;
    default:
      say(side, request.response);
      break;
  }
  if (weather_.character == Character::kCloseAfter && ++side.served >= weather_.every) {
    side.queue.clear();
    side.tcp->close_fully();
  } else if (!side.queue.empty()) {
    think(side);
  } else if (side.client_closed) {
    side.tcp->close();
  }
}

// An answer, where the online server's has so many bytes.
void World::say(TargetSide& side, std::uint32_t online_length) {
  if (online_length == 0 || online_length == Request::kBye || side.tcp->closed()) return;
  const auto scaled = static_cast<std::int64_t>(online_length) * weather_.response_percent / 100;
  const auto length = std::max<std::int64_t>(1, scaled + weather_.response_delta);
  say_part(side, std::string(static_cast<std::size_t>(length), 'R'), weather_.parts);
  if (weather_.character == Character::kBlocking && side.tcp->unsent() > kSocketBuffer) {
    side.blocked = true;
    side.tcp->stall(true);
  }
}

void World::say_part(TargetSide& side, std::string rest, int parts) {
  const std::size_t size = parts <= 1 ? rest.size() : rest.size() / static_cast<std::size_t>(parts);
  side.tcp->write(rest.substr(0, size));
  side.moved_at = target_ended_at_ = stage_.now();
  if (parts <= 1) return;
  stage_.after(weather_.pause, [this, &side, rest = rest.substr(size), parts] {
    if (!side.tcp->closed()) say_part(side, rest, parts - 1);
  });
}

void World::restart_target() {
  target_was_restarted_ = true;
  for (auto& [flow, side] : target_) {
    side->tcp->abort();
    target_gone_.push_back(std::move(side));
  }
  target_.clear();
}

}  // namespace tcpcopy::sim
