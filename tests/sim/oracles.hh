// SPDX-License-Identifier: BSD-3-Clause
// The oracles that ask several actors: what must not happen in calm weather, what is waited for,
// streams that are read whole.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/sim/clients.hh"
#include "tests/sim/engine_host.hh"
#include "tests/sim/stage.hh"
#include "tests/sim/tap.hh"
#include "tests/sim/target.hh"

namespace tcpcopy::sim {

/// What became of one request.
struct Fate {
  std::uint32_t client = 0;
  std::uint32_t number = 0;
  bool first = false;     ///< of those that its client wrote at once
  bool captured = false;  ///< every byte of it was, at least once
  bool read = false;      ///< the target read every byte of it
};

class Oracles : public TargetWatcher {
 public:
  /// @param engine captures with `tap`. Where there are several engines each has oracles of its
  ///   own.
  Oracles(Stage& stage, const Clients& clients, const Tap& tap, const EngineHost& engine,
          const Target& target)
      : stage_(stage), clients_(clients), tap_(tap), engine_(engine), target_(target) {}

  // While it runs.
  void on_read(const TargetConnection& connection, const Reading::Stretch& stretch) override;
  void on_overtaken(const TargetConnection& connection) override;

  // At the end.
  void check_calm();
  void check_streams();
  /// What became of each request.
  std::vector<Fate> fates() const;

 private:
  std::uint64_t made_up() const;
  void check_losses();
  void check_attacks();
  void check_captured_was_read();
  void check_lifetimes();
  bool must_be_whole(const Client& client) const;

  Stage& stage_;
  const Clients& clients_;
  const Tap& tap_;
  const EngineHost& engine_;
  const Target& target_;
};

}  // namespace tcpcopy::sim
