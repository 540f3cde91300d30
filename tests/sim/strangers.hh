// SPDX-License-Identifier: BSD-3-Clause
// Packets that no client sent: a flood of SYNs, and forged ones.
#pragma once

#include "tests/sim/clients.hh"
#include "tests/sim/engine_host.hh"
#include "tests/sim/online.hh"
#include "tests/sim/stage.hh"

namespace tcpcopy::sim {

/// SYNs, and nothing more, of clients that do not exist.
class Flood {
 public:
  Flood(Stage& stage, Online& online) : stage_(stage), online_(online) {}
  /// As many as the weather says.
  void start();

 private:
  void send(std::uint32_t number);

  Stage& stage_;
  Online& online_;
};

/// Packets in the clients' names, which their server will not believe, so that neither may we. They
/// are seen by capture alone.
class Forger {
 public:
  Forger(Stage& stage, const Clients& clients, EngineHost& engine)
      : stage_(stage), clients_(clients), engine_(engine) {}
  void start();

 private:
  void forge(const Client& client);

  Stage& stage_;
  const Clients& clients_;
  EngineHost& engine_;
};

}  // namespace tcpcopy::sim
