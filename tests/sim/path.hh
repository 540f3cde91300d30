// SPDX-License-Identifier: BSD-3-Clause
// The way of packets from one actor to another: what the plan tampers with, what chance does to
// them, and how many there were.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "tests/sim/stage.hh"

namespace tcpcopy::sim {

class Path {
 public:
  using Deliver = std::function<void(const Packet&)>;

  /// @param id says which of the weather's faults are this path's, and which tamperings. The way
  ///   to a tap has no faults, and takes no time.
  Path(Stage& stage, PathId id);
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;

  /// Whom it leads to; before the first packet.
  void lead_to(Deliver deliver) { deliver_ = std::move(deliver); }

  void carry(const Packet& packet);

  /// How many packets were given to it.
  std::uint64_t packets() const { return packets_; }

 private:
  void let_go();
  void hand_on(const Packet& packet);

  Stage& stage_;
  PathId id_;
  const Faults* faults_;
  Deliver deliver_;
  std::uint64_t packets_ = 0;
  std::optional<Packet> held_back_;  // until the next packet has passed
};

}  // namespace tcpcopy::sim
