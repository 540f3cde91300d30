// SPDX-License-Identifier: BSD-3-Clause
// How late packets were handed on, counted in classes that are a fourth of an octave wide.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "tcpcopy/time.hh"

namespace tcpcopy::capture {

class Lateness {
 public:
  void add(Duration late) {
    ++classes_[class_of(late)];
    ++count_;
  }

  /// @param share 0 to 1, as 0.99.
  /// @return what that share of all packets was not later than, to the upper end of its class.
  Duration percentile(double share) const {
    const double wanted = share * static_cast<double>(count_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kClasses; ++i) {
      seen += classes_[i];
      if (seen > 0 && static_cast<double>(seen) >= wanted) return upper_end(i);
    }
    return Duration(0);
  }

 private:
  static constexpr std::size_t kClasses = 128;  // up to 2^32 µs, more than an hour
  static constexpr double kPerOctave = 4;

  static std::size_t class_of(Duration late) {
    const double us = static_cast<double>(late.count()) / 1e3;
    if (us <= 1) return 0;
    const double at = std::ceil(std::log2(us) * kPerOctave);
    return at < kClasses ? static_cast<std::size_t>(at) : kClasses - 1;
  }
  static Duration upper_end(std::size_t at) {
    return Duration(std::llround(std::exp2(static_cast<double>(at) / kPerOctave) * 1e3));
  }

  std::array<std::uint64_t, kClasses> classes_{};
  std::uint64_t count_ = 0;
};

}  // namespace tcpcopy::capture
