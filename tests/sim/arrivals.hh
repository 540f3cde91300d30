// SPDX-License-Identifier: BSD-3-Clause
// Starts the clients of one online server at their times.
#pragma once

#include <cstdint>

#include "tests/sim/clients.hh"
#include "tests/sim/path.hh"
#include "tests/sim/tap.hh"

namespace tcpcopy::sim {

class Arrivals {
 public:
  /// @param tap tells when ports can be used again.
  Arrivals(Stage& stage, Clients& clients, const Address& online, Path& to_online, const Tap& tap)
      : stage_(stage), clients_(clients), online_(online), to_online_(to_online), tap_(tap) {}

  /// Has a client come.
  /// @param id of its requests, and what its ports are made of.
  /// @param plan has to stay.
  void expect(std::uint32_t id, const ClientPlan& plan);

 private:
  void start(std::uint32_t id, const ClientPlan& plan);
  bool can_replace(const Client& last) const;

  Stage& stage_;
  Clients& clients_;
  Address online_;
  Path& to_online_;
  const Tap& tap_;
};

}  // namespace tcpcopy::sim
