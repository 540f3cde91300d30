// SPDX-License-Identifier: BSD-3-Clause
// A scenario with one of each actor, wired as README.md draws it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/arrivals.hh"
#include "tests/sim/assistant.hh"
#include "tests/sim/channel.hh"
#include "tests/sim/clients.hh"
#include "tests/sim/engine_host.hh"
#include "tests/sim/online.hh"
#include "tests/sim/oracles.hh"
#include "tests/sim/path.hh"
#include "tests/sim/plan.hh"
#include "tests/sim/stage.hh"
#include "tests/sim/strangers.hh"
#include "tests/sim/tap.hh"
#include "tests/sim/target.hh"

namespace tcpcopy::sim {

class World {
 public:
  explicit World(Plan plan);
  explicit World(std::uint64_t seed) : World(draw_plan(seed)) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Runs to the end. @return what went wrong; empty when nothing did.
  std::string run();

  void trace() { stage_.trace(); }
  std::uint64_t events() const { return stage_.steps(); }
  std::uint64_t fingerprint() const { return engine_.fingerprint(); }
  const session::Ledger& ledger() const { return engine_.ledger(); }
  /// How many packets went a path.
  std::uint64_t passed(PathId id) const { return paths_[static_cast<std::size_t>(id)].packets(); }
  /// What became of each request, for after run().
  std::vector<Fate> fates() const { return oracles_.fates(); }

 private:
  Path& path(PathId id) { return paths_[static_cast<std::size_t>(id)]; }
  void connect_paths();

  Stage stage_;
  std::array<Path, kPaths> paths_{{{stage_, PathId::kClientOnline},
                                   {stage_, PathId::kOnlineClient},
                                   {stage_, PathId::kCapture},
                                   {stage_, PathId::kOnlineTarget},
                                   {stage_, PathId::kTargetAssistant}}};
  Clients clients_;
  Target target_;
  Assistant assistant_;
  Channel channel_;
  EngineHost engine_;
  Tap tap_;
  Online online_;
  Arrivals arrivals_;
  Flood flood_;
  Forger forger_;
  Oracles oracles_;
};

}  // namespace tcpcopy::sim
