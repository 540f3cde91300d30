// SPDX-License-Identifier: BSD-3-Clause
// One scenario: hosts, paths between them, the pure cores of both daemons, and the oracles.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/apps.hh"
#include "tests/sim/arrivals.hh"
#include "tests/sim/assistant.hh"
#include "tests/sim/channel.hh"
#include "tests/sim/clients.hh"
#include "tests/sim/engine_host.hh"
#include "tests/sim/mini_tcp.hh"
#include "tests/sim/online.hh"
#include "tests/sim/path.hh"
#include "tests/sim/plan.hh"
#include "tests/sim/stage.hh"
#include "tests/sim/strangers.hh"
#include "tests/sim/tap.hh"

namespace tcpcopy::sim {

/// What became of one request.
struct Fate {
  std::uint32_t client = 0;
  std::uint32_t number = 0;
  bool first = false;     ///< of those that its client wrote at once
  bool captured = false;  ///< every byte of it was, at least once
  bool read = false;      ///< the target read every byte of it
};

class World : private HeardFrom {
 public:
  explicit World(Plan plan);
  explicit World(std::uint64_t seed) : World(draw_plan(seed)) {}
  ~World() override;
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Runs to the end. @return what went wrong; empty when nothing did.
  std::string run();

  void trace() { stage_.trace(); }
  std::uint64_t events() const { return stage_.steps(); }
  std::uint64_t fingerprint() const { return engine_.fingerprint(); }
  const session::Ledger& ledger() const { return engine_.ledger(); }
  /// How many packets went a path.
  std::uint64_t passed(PathId path) const {
    return paths_[static_cast<std::size_t>(path)].packets();
  }
  /// What became of each request, for after run().
  std::vector<Fate> fates() const;

 private:
  struct TargetSide;

  Path& path(PathId id) { return paths_[static_cast<std::size_t>(id)]; }

  std::optional<Connection> connection(const FlowKey& flow) const override;
  void at_target(const Packet& packet);
  void open_target(const Packet& syn);
  void serve_target(TargetSide& side, const std::string& bytes);
  void answer(TargetSide& side, const Request& request);
  void say(TargetSide& side, std::uint32_t online_length);
  void say_part(TargetSide& side, std::string rest, int parts);
  void think(TargetSide& side);
  void push(TargetSide& side);
  void close_when_idle(TargetSide& side);
  void refuse(const Packet& packet);
  void show_character(TargetSide& side);
  void restart_target();

  void check_read(TargetSide& side, const std::string& bytes);
  bool joined_in_the_middle(TargetSide& side);
  void check_waiting(TargetSide& side, std::size_t from, std::size_t to);
  void check_calm();
  void check_streams();
  void check_end();

  Stage stage_;
  const Weather& weather_;
  std::array<Path, kPaths> paths_{{{stage_, PathId::kClientOnline},
                                   {stage_, PathId::kOnlineClient},
                                   {stage_, PathId::kCapture},
                                   {stage_, PathId::kOnlineTarget},
                                   {stage_, PathId::kTargetAssistant}}};
  Assistant assistant_;
  Channel channel_;
  EngineHost engine_;
  Clients clients_;
  Tap tap_;
  Online online_;
  Arrivals arrivals_;
  Flood flood_;
  Forger forger_;

  std::map<const Client*, StreamMarks> read_;

  std::map<FlowKey, std::unique_ptr<TargetSide>> target_;
  std::vector<std::unique_ptr<TargetSide>> target_gone_;
  std::map<FlowKey, std::uint32_t> target_connections_;  // how many there were so far
  bool target_was_restarted_ = false;
  bool flood_was_established_ = false;
  int requests_at_target_ = 0;
  std::map<FlowKey, int> syns_at_target_;  // those that began something, or were refused
  Instant target_ended_at_;                // the last thing that the target did on its own
};

}  // namespace tcpcopy::sim
