// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/tap.hh"

namespace tcpcopy::sim {

void Tap::on_packet(const Packet& packet) {
  if (stage_.dice().chance(stage_.weather().capture_loss)) return;
  if (const Client* client = clients_.on_port(packet.source.port)) note(*client, packet);
  if (packet.has(TcpFlags::kFin) || packet.has(TcpFlags::kRst)) last_end_ = stage_.now();
  engine_.on_captured(packet);
}

void Tap::note(const Client& client, const Packet& packet) {
  const std::size_t size = packet.payload.size();
  const std::uint32_t at = packet.seq - client.first_seq();
  if (size == 0 || at + size > client.stream().size()) return;
  Seen& seen = seen_[&client];
  seen.bytes.mark(at, size);
  for (const auto& [number, begin] : client.requests()) {
    if (begin >= at && begin < at + size) seen.requests.try_emplace(number, stage_.now());
  }
}

bool Tap::captured(const Client& client, std::size_t from, std::size_t to) const {
  const auto found = seen_.find(&client);
  return found == seen_.end() ? from >= to : found->second.bytes.all(from, to);
}

Instant Tap::captured_at(const Client& client, std::uint32_t request) const {
  const auto found = seen_.find(&client);
  if (found == seen_.end()) return Instant();
  const auto at = found->second.requests.find(request);
  return at == found->second.requests.end() ? Instant() : at->second;
}

}  // namespace tcpcopy::sim
