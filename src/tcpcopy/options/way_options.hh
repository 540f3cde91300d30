// SPDX-License-Identifier: BSD-3-Clause
// The options that say which way packets come in, leave, and come back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/pcap/settings.hh"
#include "tcpcopy/time.hh"

namespace CLI {
class App;
}  // namespace CLI

namespace tcpcopy::options {

/// How the packets of clients come in.
struct CaptureOptions {
  enum class Way {
    kRaw,   ///< a raw socket
    kPcap,  ///< devices, at the link layer
    kFile,  ///< capture files
  };

  Way way = Way::kRaw;               ///< --capture, --pcap-capture, --offline
  std::vector<std::string> sources;  ///< -i: devices; or files, globs resolved
  int snap_length = 65535;           ///< -S
  pcap::Direction direction = pcap::Direction::kIn;
  std::optional<double> speed = 1;      ///< -a; none: as fast as the sessions allow
  std::optional<Duration> longest_gap;  ///< -I
  int passes = 1;                       ///< -T
  std::optional<double> fail_below;     ///< percent
};

/// How packets leave for the targets.
struct SendOptions {
  enum class Way {
    kRaw,   ///< a raw socket
    kLink,  ///< at the link layer
  };

  Way way = Way::kRaw;  ///< --send, --pcap-send
  std::string device;   ///< -o; empty: that of the route
};

/// What CLI11 fills in, as text.
struct WayTexts {
  std::string capture, input, snap_length = "65535", direction = "in";
  std::string speed = "1", longest_gap, passes = "1", fail_below, responses;
  std::string send, output;
  bool offline = false, pcap_capture = false, pcap_send = false;
};

void declare_ways(CLI::App& app, WayTexts& texts);

/// Throws UsageError with one line that says what is wrong.
CaptureOptions interpret_capture(const WayTexts& texts);

/// Throws UsageError likewise.
SendOptions interpret_send(const WayTexts& texts);

/// --responses: devices, separated by commas; empty when the option was not given.
std::vector<std::string> interpret_responses(const WayTexts& texts);

}  // namespace tcpcopy::options
