// SPDX-License-Identifier: BSD-3-Clause
// The target: its connections, those that are over too, and who may have one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "tests/sim/engine_host.hh"
#include "tests/sim/path.hh"
#include "tests/sim/stage.hh"
#include "tests/sim/target_connection.hh"

namespace tcpcopy::sim {

class Target : public HeardFrom {
 public:
  Target(Stage& stage, const Clients& clients, Path& to_assistant)
      : stage_(stage), clients_(clients), to_assistant_(to_assistant) {}

  /// Whom its connections tell what they read; before the first packet.
  void watched_by(TargetWatcher& watcher) { life_.watcher = &watcher; }

  void on_packet(const Packet& packet);
  /// Every connection is reset and forgotten.
  void restart();

  std::optional<Connection> connection(const FlowKey& flow) const override;
  /// All that there ever were.
  const std::vector<std::unique_ptr<TargetConnection>>& connections() const { return all_; }
  /// Whether every byte of a client's stream in [from, to) was read.
  bool has_read(const Client& client, std::size_t from, std::size_t to) const;
  /// How many SYNs began something, or were refused.
  const std::map<FlowKey, int>& syns() const { return syns_; }
  /// When it did the last thing on its own.
  Instant ended_at() const { return life_.ended_at; }
  bool was_restarted() const { return was_restarted_; }

  /// A SYN alone makes no connection.
  void check_end();

 private:
  void open(const Packet& syn);
  void refuse(const Packet& syn);
  void deny(const Packet& packet);

  Stage& stage_;
  const Clients& clients_;
  Path& to_assistant_;
  TargetLife life_;
  std::vector<std::unique_ptr<TargetConnection>> all_;
  std::map<FlowKey, TargetConnection*> present_;
  std::map<FlowKey, std::uint32_t> opened_;
  std::map<FlowKey, int> syns_;
  bool was_restarted_ = false;
  bool nobody_was_connected_ = false;
};

}  // namespace tcpcopy::sim
