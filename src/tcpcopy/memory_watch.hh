// SPDX-License-Identifier: BSD-3-Clause
// Keeps the process below -m. The engine keeps its own account below what is left of it at every
// moment; how much that is, is found out here.
#pragma once

#include <cstdint>

#include "common/runtime/log.hh"
#include "tcpcopy/memory_bound.hh"
#include "tcpcopy/session/replay.hh"

namespace tcpcopy::replayer {

class MemoryWatch {
 public:
  static constexpr Duration kPeriod = std::chrono::seconds(1);  // look() at the latest

  /// @param limit bytes that the process may take.
  /// @param replay outlives it.
  MemoryWatch(std::uint64_t limit, session::Replay& replay)
      : limit_(limit), bound_(limit), replay_(replay) {}

  /// Whether the sessions have grown so much that look() cannot wait.
  bool due() const { return bound_.due(replay_.memory_use()); }

  /// Compares the process with its limit, and ends sessions when it is beyond.
  void look(Instant now);

 private:
  std::uint64_t limit_;
  MemoryBound bound_;
  session::Replay& replay_;
  runtime::LogThrottle log_{std::chrono::seconds(1)};
};

}  // namespace tcpcopy::replayer
