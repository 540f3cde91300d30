// SPDX-License-Identifier: BSD-3-Clause
// Says once when a replay has begun and nothing comes of it: the way to the target or back is
// broken in most cases, and --check finds out where.
#pragma once

#include "tcpcopy/ports.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::replayer {

class PathDoubt {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(5);
  static constexpr Duration kPeriod = std::chrono::seconds(1);  ///< to be asked so often

  /// Logs the warning when it is time for one.
  void look(const Standing& standing, Instant now);

 private:
  Instant asking_since_ = kNever;    // SYNs are sent, and none was answered
  Instant speaking_since_ = kNever;  // there are bytes of clients, and the target took none
  bool settled_ = false;             // something was delivered, or the warning was given
};

}  // namespace tcpcopy::replayer
