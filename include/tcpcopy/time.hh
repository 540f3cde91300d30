// SPDX-License-Identifier: BSD-3-Clause
// Time as the pure code knows it: an argument. There is no way to read a clock from here.
#pragma once

#include <chrono>
#include <cstdint>

namespace tcpcopy {

/// A span of time; nanoseconds.
using Duration = std::chrono::nanoseconds;

/// The same in four bytes, for what very many have: whole microseconds, up to an hour.
using ShortDuration = std::chrono::duration<std::uint32_t, std::micro>;

/// @return the whole microseconds of `duration`, from 0 to an hour.
constexpr ShortDuration shortened(Duration duration) {
  using std::chrono::microseconds;
  const auto most = std::chrono::duration_cast<microseconds>(std::chrono::hours(1)).count();
  const auto count = std::chrono::duration_cast<microseconds>(duration).count();
  return ShortDuration(static_cast<std::uint32_t>(count < 0 ? 0 : (count > most ? most : count)));
}

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
