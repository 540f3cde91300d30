// SPDX-License-Identifier: BSD-3-Clause
// When to doubt that the path to the target and back works: packets leave, and nothing comes of
// them. What is broken is not told from here; probes find that out.
#pragma once

#include <optional>
#include <string>

#include "tcpcopy/ports.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::replayer {

class PathDoubt {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(5);
  static constexpr Duration kPeriod = std::chrono::milliseconds(500);  ///< to be asked so often
  /// Between two doubts: a path that breaks again and again is looked at now and then.
  static constexpr Duration kPause = std::chrono::minutes(5);

  struct Doubt {
    std::string why;
    /// Nothing at all gets through; else resets are many, which a target may have its reasons for.
    bool certain = true;
  };
  /// @return a doubt, when it is time to look for what is broken. There is none while one has not
  ///   been followed by a delivery.
  std::optional<Doubt> look(const Standing& standing, Instant now);

 private:
  // What has come of the replay when it last went on.
  struct Mark {
    std::uint64_t progress = 0;  // connections, or bytes delivered
    std::uint64_t effort = 0;    // SYNs, or bytes sent
    Instant in_vain_since = kNever;

    bool in_vain(std::uint64_t progress_now, std::uint64_t effort_now, Instant now);
  };
  bool resets_prevail(const Standing& standing, Instant now);
  std::optional<Doubt> find(const Standing& standing, Instant now);

  Mark asking_;
  Mark speaking_;
  Standing calm_;  // as it stood before the resets that are being looked at
  Instant resets_since_ = kNever;
  Instant doubted_at_ = kNever;
  std::uint64_t delivered_at_doubt_ = 0;
};

}  // namespace tcpcopy::replayer
