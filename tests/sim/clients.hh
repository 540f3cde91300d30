// SPDX-License-Identifier: BSD-3-Clause
// All clients of a scenario, whatever server they talk to: those whose ports are in use, and those
// that were there before.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/sim/client.hh"

namespace tcpcopy::sim {

class Clients {
 public:
  /// @return the client, which stays where it is.
  Client& add(std::unique_ptr<Client> client);

  /// A packet came for one of them.
  void on_packet(const Packet& packet);

  /// @return null when there is none.
  const Client* on_port(std::uint16_t port) const;
  const Client* of_id(std::uint32_t id) const;

  const std::vector<std::unique_ptr<Client>>& all() const { return all_; }

 private:
  std::vector<std::unique_ptr<Client>> all_;  // in the order in which they came
};

}  // namespace tcpcopy::sim
