// SPDX-License-Identifier: BSD-3-Clause
// The options that say which way packets come in, leave, and come back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tcpcopy/capture/settings.hh"
#include "tcpcopy/inject/settings.hh"

namespace CLI {
class App;
}  // namespace CLI

namespace tcpcopy::options {

/// What CLI11 fills in, as text.
struct WayTexts {
  std::string capture, input, snap_length = "65535", direction = "in";
  std::string speed = "1", longest_gap, passes = "1", fail_below, responses;
  std::string send, output;
  bool offline = false, pcap_capture = false, pcap_send = false;
};

void declare_ways(CLI::App& app, WayTexts& texts);

/// Throws UsageError with one line that says what is wrong.
/// @param options with what others have said.
capture::Settings interpret_capture(const WayTexts& texts, capture::Settings options = {});

/// --fail-below: percent; nothing when it was not given. Throws UsageError likewise.
std::optional<double> interpret_fail_below(const WayTexts& texts);

/// Throws UsageError likewise.
inject::Settings interpret_send(const WayTexts& texts);

/// --responses: devices, separated by commas; empty when the option was not given.
std::vector<std::string> interpret_responses(const WayTexts& texts);

}  // namespace tcpcopy::options
