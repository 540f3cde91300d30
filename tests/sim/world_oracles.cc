// SPDX-License-Identifier: BSD-3-Clause
// What must be true, while it runs and at the end.
#include "tests/sim/world.hh"

#include <algorithm>

#include "tests/sim/hosts.hh"

namespace tcpcopy::sim {

// Acknowledgments never regress, and nothing is acknowledged that the target has not sent.
void World::check_sent(const ReplaySegment& segment) {
  const FlowKey flow{segment.source, segment.destination};
  if (segment.flags.syn()) {
    last_ack_.erase(flow);
    return;
  }
  const auto side = target_.find(flow);
  if (!segment.flags.ack() || side == target_.end()) return;
  const std::uint32_t ack = segment.ack.raw;
  if (static_cast<std::int32_t>(side->second->tcp->sent_up_to() - ack) < 0 &&
      !side->second->tcp->closed()) {
    fail("acknowledges what the target never sent");
  }
  const auto [last, first_time] = last_ack_.try_emplace(flow, ack);
  if (!first_time && static_cast<std::int32_t>(ack - last->second) < 0) {
    fail("an acknowledgment regressed");
  }
  last->second = ack;
}

// Where capture missed the start of a stream, nothing tells its requests from their tails, so the
// replay may begin with one; but never with bytes that no client sent.
bool World::joined_in_the_middle(TargetSide& side) {
  for (const auto& client : clients_) {
    const std::size_t at = client->stream.find(side.head);
    if (at == std::string::npos) continue;
    side.client = client.get();
    side.began_at = at;
    side.position = at + side.head.size();
    side.in_the_middle = true;
    return true;
  }
  return false;
}

// What the target reads is the client's stream, from the start of one of its requests on.
void World::check_read(TargetSide& side, const std::string& bytes) {
  if (side.in_the_middle) return;
  std::string fresh = bytes;
  if (side.client == nullptr) {
    side.head += bytes;
    if (side.head.size() < Request::kHeader) return;
    const auto request = Request::parse(side.head);
    const auto owner = std::find_if(clients_.begin(), clients_.end(), [&](const auto& client) {
      return request && client->id == request->client;
    });
    if (owner == clients_.end() && plan_.capture_misses() && joined_in_the_middle(side)) return;
    if (owner == clients_.end() || !(*owner)->begins.contains(request->number)) {
      fail("the target read bytes that no client sent");
      return;
    }
    side.client = owner->get();
    side.position = side.began_at = side.client->begins[request->number];
    fresh = side.head;
  }
  const std::string& stream = side.client->stream;
  if (stream.compare(side.position, fresh.size(), fresh) != 0 ||
      side.position + fresh.size() > stream.size()) {
    fail("the target read other bytes than the client sent");
    return;
  }
  std::fill_n(side.client->read.begin() + static_cast<std::ptrdiff_t>(side.position), fresh.size(),
              true);
  side.position += fresh.size();
}

void World::check_end() {
  const session::Ledger& ledger = engine_.ledger();
  if (engine_.sessions() != 0) return fail("a session never ended");
  if (engine_.timers() != 0) return fail("a timer is left");
  if (ledger.held.bytes != 0 || ledger.held.packets != 0) return fail("bytes are still held");
  if (plan_.capture_misses() || target_was_restarted_) return;
  for (const auto& client : clients_) {
    const bool bye = client->server_closed;
    if (!client->ended || client->broken || (!client->tcp->finished() && !bye)) continue;
    std::size_t connections = 0;
    std::size_t longest = 0;
    const auto count = [&](const TargetSide& side) {
      if (side.client != client.get()) return;
      ++connections;
      if (side.began_at == 0) longest = std::max(longest, side.position);
    };
    for (const auto& [flow, side] : target_)
      count(*side);
    for (const auto& side : target_gone_)
      count(*side);
    if (connections != 1 || longest != client->stream.size()) {
      fail("client " + std::to_string(client->id) + " sent " +
           std::to_string(client->stream.size()) + " bytes; the target read " +
           std::to_string(longest) + " on " + std::to_string(connections) + " connections");
    }
  }
}

std::vector<Fate> World::fates() const {
  std::vector<Fate> fates;
  for (const auto& client : clients_) {
    for (const auto& [number, begin] : client->begins) {
      const auto next = client->begins.upper_bound(number);
      const std::size_t end = next == client->begins.end() ? client->stream.size() : next->second;
      const auto all = [begin = begin, end](const std::vector<bool>& marks) {
        return std::find(marks.begin() + static_cast<std::ptrdiff_t>(begin),
                         marks.begin() + static_cast<std::ptrdiff_t>(end),
                         false) == marks.begin() + static_cast<std::ptrdiff_t>(end);
      };
      fates.push_back({client->id, number, client->first_of_write.contains(number),
                       all(client->captured), all(client->read)});
    }
  }
  return fates;
}

}  // namespace tcpcopy::sim
