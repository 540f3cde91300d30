// SPDX-License-Identifier: BSD-3-Clause
// Time as the pure code knows it: an argument. There is no way to read a clock from here.
#pragma once

#include <chrono>

namespace tcpcopy {

/// A span of time; nanoseconds.
using Duration = std::chrono::nanoseconds;

/// The monotonic time line of one process. It has no now(): only the event loop reads the clock,
/// once per wake-up, and hands the result on as an Instant.
struct MonotonicTime {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicTime>;
  static constexpr bool is_steady = true;
};

/// A point of monotonic time.
using Instant = MonotonicTime::time_point;

/// Later than every real instant: "no deadline".
inline constexpr Instant kNever = Instant::max();

}  // namespace tcpcopy
