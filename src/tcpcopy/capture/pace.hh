// SPDX-License-Identifier: BSD-3-Clause
// When the packets of a file are due: the times between them as in the file, by a factor.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "tcpcopy/time.hh"

namespace tcpcopy::capture {

class Pace {
 public:
  /// @param factor -a: how many times faster than in the file; none: as fast as sessions allow.
  /// @param longest_gap -I: a longer time without a packet in the file is cut to it.
  Pace(std::optional<double> factor, std::optional<Duration> longest_gap)
      : factor_(factor), longest_gap_(longest_gap) {}

  /// Begins a pass: its first packet is due now.
  void begin(Instant now) {
    due_ = now;
    begun_ = false;
  }

  /// Asks for the packets in their order, each once.
  /// @param time of the packet in the file; one that stands before the last counts as the last.
  /// @return when it is due.
  Instant due(Duration time) {
    if (!begun_) file_time_ = time;
    begun_ = true;
    Duration gap = std::max(time - file_time_, Duration(0));
    file_time_ = std::max(file_time_, time);
    if (longest_gap_) gap = std::min(gap, *longest_gap_);
    if (factor_) {
      due_ += Duration(std::llround(static_cast<double>(gap.count()) / *factor_));
    }
    return due_;
  }

  /// All that comes is due so much later: the reader was held back.
  void delay(Duration by) { due_ += by; }

 private:
  std::optional<double> factor_;
  std::optional<Duration> longest_gap_;
  Instant due_;
  Duration file_time_{0};
  bool begun_ = false;
};

}  // namespace tcpcopy::capture
