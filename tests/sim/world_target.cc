// SPDX-License-Identifier: BSD-3-Clause
// The target.
#include "tests/sim/world.hh"

#include <algorithm>
#include <utility>

#include "tests/sim/hosts.hh"

namespace tcpcopy::sim {

void World::at_target(const Packet& packet) {
  note("at target", packet);
  const FlowKey flow{packet.source, packet.destination};
  const auto found = target_.find(flow);
  const bool is_new = found == target_.end() || found->second->tcp->closed() ||
                      (found->second->tcp->finished() && packet.has(TcpFlags::kSyn));
  if (!is_new) {
    found->second->tcp->on_packet(packet);
    return;
  }
  if (packet.has(TcpFlags::kSyn)) {
    open_target(packet);
  } else if (!packet.has(TcpFlags::kRst)) {
    Packet rst;  // nobody is there
    rst.source = packet.destination;
    rst.destination = packet.source;
    rst.flags = TcpFlags::kRst;
    rst.seq = packet.ack;
    travel(Path::kTargetAssistant, rst, [this](const Packet& p) { at_assistant(p); });
  }
}

void World::open_target(const Packet& syn) {
  const FlowKey flow{syn.source, syn.destination};
  if (const auto old = target_.find(flow); old != target_.end()) {
    target_gone_.push_back(std::move(old->second));
  }
  auto& side = *(target_[flow] = std::make_unique<TargetSide>());
  side.flow = flow;
  side.greets = syn.destination == kTargetGreeting;
  last_ack_.erase(flow);
  MiniTcp::Events events;
  events.transmit = [this](const Packet& packet) {
    note("target", packet);
    travel(Path::kTargetAssistant, packet, [this](const Packet& p) { at_assistant(p); });
  };
  events.received = [this, &side](const std::string& bytes) { serve_target(side, bytes); };
  events.peer_closed = [&side] {
    side.client_closed = true;
    if (side.queue.empty()) side.tcp->close();
  };
  events.was_reset = [] {};
  // A further connection on the same ports has numbers clear of the last.
  const std::uint32_t iss = draw_initial_number() + (target_connections_[flow]++ << 24U);
  events.peer_erred = [this](const char* what) { fail(what); };
  side.tcp = std::make_unique<MiniTcp>(clockwork_, syn.destination, syn.source, iss,
                                       weather_.target_offers, events);
  side.tcp->accept(syn);
  if (side.greets) side.tcp->write(std::string(kGreeting, 'g'));
  if (weather_.target_stalls && dice_.chance(0.5)) {
    const auto from = std::chrono::milliseconds(dice_.between(1, 200));
    clockwork_.after(from, [&side] { side.tcp->stall(true); });
    clockwork_.after(from + std::chrono::seconds(dice_.between(1, 20)),
                     [&side] { side.tcp->stall(false); });
  }
}

void World::serve_target(TargetSide& side, const std::string& bytes) {
  check_read(side, bytes);
  if (side.in_the_middle) return;  // a real server would answer with an error
  side.reader.feed(bytes);
  while (const auto request = side.reader.next()) {
    // Turn order: a request whose sender had seen all responses finds the turn before it answered,
    // its first request at least.
    const auto begins_turn = [&](const Request& r) {
      return side.client != nullptr && side.client->waited[r.number];
    };
    // A greeting can only be waited for when the client's first ack was captured in order.
    const bool base_known = !side.greets || weather_.client_online.loss == 0;
    const bool unanswered = std::any_of(side.queue.begin(), side.queue.end(), begins_turn);
    if (base_known && unanswered && begins_turn(*request) && weather_.turn_order &&
        engine_.ledger().turn_expiries + engine_.ledger().turn_quiets == 0 &&
        !plan_.capture_misses() && weather_.response_delta == 0 && !target_was_restarted_) {
      fail("a request came before the answer to the one before it");
    }
    side.queue.push_back(*request);
  }
  if (side.reader.bad()) fail("the target read what is no request");
  if (!side.queue.empty() && !std::exchange(side.thinking, true)) {
    clockwork_.after(weather_.target_think, [this, &side] { answer(side, side.queue.front()); });
  }
}

void World::answer(TargetSide& side, const Request& request) {
  side.thinking = false;
  if (request.response == Request::kBye) {
    side.queue.clear();
    side.tcp->close();
    return;
  }
  const int length = std::max(1, static_cast<int>(request.response) + weather_.response_delta);
  side.queue.erase(side.queue.begin());
  if (!side.tcp->closed()) side.tcp->write(std::string(static_cast<std::size_t>(length), 'R'));
  if (!side.queue.empty()) {
    side.thinking = true;
    clockwork_.after(weather_.target_think, [this, &side] { answer(side, side.queue.front()); });
  } else if (side.client_closed) {
    side.tcp->close();
  }
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
