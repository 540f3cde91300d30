// SPDX-License-Identifier: BSD-3-Clause
// What files have and a live capture has not: they can wait, they end, and they can begin again.
#pragma once

#include <cstdint>
#include <optional>

#include "tcpcopy/time.hh"

namespace tcpcopy::capture {

/// How far the files have come.
struct Progress {
  Duration time{0};             ///< in the files, since their first packet
  std::optional<double> share;  ///< of all passes, 0 to 1, when it can be told
  int pass = 1;                 ///< the one that runs, from 1
  int passes = 1;
};

class Passes {
 public:
  virtual ~Passes() = default;

  /// Whether the sessions have fallen behind: then nothing is read.
  virtual void hold_back(bool held, Instant now) = 0;

  enum class Next : std::uint8_t {
    kBegun,    ///< from the start again
    kAllDone,  ///< there is no further pass
    kFailed,   ///< there should be one, and the log says why there is none
  };
  virtual Next next_pass(Instant now) = 0;

  virtual Progress progress() const = 0;
};

}  // namespace tcpcopy::capture
