// SPDX-License-Identifier: BSD-3-Clause
// A report in the text format of Prometheus, version 0.0.4.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "tcpcopy/report.hh"

namespace tcpcopy::metrics {

/// What is said of the process beside its figures.
struct Process {
  std::string_view version;
  std::chrono::microseconds cpu{0};
  std::chrono::microseconds start{0};  ///< since 1970
  std::uint64_t memory_bytes = 0;
};

/// The name under which a figure is given: `tcpcopy_lost_bytes_total` for `bytes_lost`. The program
/// stands first, bytes and seconds last; totals end in `_total`.
std::string metric_name(std::string_view prefix, const Figure& figure, bool is_total);

/// All of it, each metric with its help and type. Times that are spread are histograms, whose
/// limits are the powers of two from 128 us to 134 s.
std::string metrics_text(const Report& report, std::string_view prefix, const Process& process);

}  // namespace tcpcopy::metrics
