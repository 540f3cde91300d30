// SPDX-License-Identifier: BSD-3-Clause
// How late the replay is: the time from the capture of a byte to its first sending, as a histogram
// whose counters stand an eighth of an octave apart. Two can be added, and subtracted for what came
// between. Other times are kept in the same way: those that answers take.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "tcpcopy/time.hh"

namespace tcpcopy {

class Lag {
 public:
  void note(Duration lag) {
    const std::uint32_t us = shortened(lag).count();
    ++counts_[index_of(us)];
    sum_us_ += us;
  }

  /// How many were noted.
  std::uint64_t count() const { return std::accumulate(counts_.begin(), counts_.end(), kNone); }
  /// All of them together; each is an hour at most.
  std::chrono::microseconds sum() const {
    return std::chrono::microseconds(static_cast<std::int64_t>(sum_us_));
  }
  /// How many were below 2^octave microseconds, exactly. REQUIRES: octave is at least 3.
  std::uint64_t below(unsigned octave) const {
    const std::size_t end =
        std::min(counts_.size(), std::size_t{kSteps} * (octave - kStepBits + 1));
    return std::accumulate(counts_.begin(), counts_.begin() + static_cast<std::ptrdiff_t>(end),
                           kNone);
  }

  /// @return the lag that `share` of all were not beyond, rounded up; zero when there is none.
  ///   0.5 is the median, 1 the greatest.
  Duration quantile(double share) const {
    const std::uint64_t total = count();
    if (total == 0) return {};
    const double rank = share * static_cast<double>(total);
    auto below = static_cast<std::uint64_t>(rank);
    if (static_cast<double>(below) < rank || below == 0) ++below;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] >= below) return std::chrono::microseconds(end_of(i));
      below -= counts_[i];
    }
    return {};
  }

  Lag& operator+=(const Lag& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i)
      counts_[i] += other.counts_[i];
    sum_us_ += other.sum_us_;
    return *this;
  }

  friend Lag operator-(Lag a, const Lag& b) {
    for (std::size_t i = 0; i < a.counts_.size(); ++i)
      a.counts_[i] -= b.counts_[i];
    a.sum_us_ -= b.sum_us_;
    return a;
  }

 private:
  static constexpr std::uint64_t kNone = 0;
  static constexpr unsigned kSteps = 8;  // of an octave
  static constexpr unsigned kStepBits = 3;

  // Below kSteps each microsecond has its counter.
  static constexpr std::size_t index_of(std::uint32_t us) {
    if (us < kSteps) return us;
    const auto octave = static_cast<unsigned>(std::bit_width(us)) - kStepBits - 1;
    return std::size_t{kSteps} * octave + (us >> octave);
  }
  // The last microsecond that is counted there.
  static constexpr std::uint64_t end_of(std::size_t index) {
    if (index < kSteps) return index;
    const std::size_t octave = index / kSteps - 1;
    const std::uint64_t first = (kSteps + index % kSteps) << octave;
    return first + (std::uint64_t{1} << octave) - 1;
  }

  std::array<std::uint64_t, std::size_t{30} * kSteps>
      counts_{};  // an hour has 32 bits of microseconds
  std::uint64_t sum_us_ = 0;
};

}  // namespace tcpcopy
