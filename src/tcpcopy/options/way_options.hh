// SPDX-License-Identifier: BSD-3-Clause
// The options that say which way packets come in, leave, and come back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tcpcopy/time.hh"

namespace CLI {
class App;
}  // namespace CLI

namespace tcpcopy::options {

/// How the packets of clients come in.
struct CaptureOptions {
  enum class Way {
    kRaw,   ///< a raw socket
    kFile,  ///< capture files
  };

  Way way = Way::kRaw;                  ///< --capture, --offline
  std::vector<std::string> sources;     ///< -i: files, globs resolved
  std::optional<double> speed = 1;      ///< -a; none: as fast as the sessions allow
  std::optional<Duration> longest_gap;  ///< -I
  int passes = 1;                       ///< -T
  std::optional<double> fail_below;     ///< percent
};

/// What CLI11 fills in, as text.
struct WayTexts {
  std::string capture, input, speed = "1", longest_gap, passes = "1", fail_below, responses;
  bool offline = false;
};

void declare_ways(CLI::App& app, WayTexts& texts);

/// Throws UsageError with one line that says what is wrong.
CaptureOptions interpret_capture(const WayTexts& texts);

/// --responses: devices, separated by commas; empty when the option was not given.
std::vector<std::string> interpret_responses(const WayTexts& texts);

}  // namespace tcpcopy::options
