// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/clients.hh"

#include <algorithm>
#include <utility>

namespace tcpcopy::sim {
namespace {

template <typename Condition>
Client* find(const std::vector<std::unique_ptr<Client>>& all, Condition condition) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& client) { return condition(*client); });
  return found == all.end() ? nullptr : found->get();
}

Client* find_port(const std::vector<std::unique_ptr<Client>>& all, std::uint16_t port) {
  return find(all, [&](const Client& client) {
    return client.ends().self.port == port && !client.replaced();
  });
}

}  // namespace

Client& Clients::add(std::unique_ptr<Client> client) {
  all_.push_back(std::move(client));
  return *all_.back();
}

void Clients::on_packet(const Packet& packet) {
  if (Client* client = find_port(all_, packet.destination.port)) client->on_packet(packet);
}

const Client* Clients::on_port(std::uint16_t port) const { return find_port(all_, port); }

const Client* Clients::of_id(std::uint32_t id) const {
  return find(all_, [&](const Client& client) { return client.id() == id; });
}

}  // namespace tcpcopy::sim
