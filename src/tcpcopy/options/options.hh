// SPDX-License-Identifier: BSD-3-Clause
// The command line and the configuration file of tcpcopy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/runtime/process_options.hh"
#include "tcpcopy/address.hh"
#include "tcpcopy/modules/settings.hh"
#include "tcpcopy/options/way_options.hh"
#include "tcpcopy/returns/settings.hh"
#include "tcpcopy/rules.hh"
#include "tcpcopy/session/settings.hh"

namespace tcpcopy::options {

struct Options : runtime::ProcessOptions {
  std::vector<TargetRule> rules;       ///< -x
  std::vector<Address> client_pool;    ///< -c
  std::optional<Address> loopback_as;  ///< -H
  std::optional<std::uint16_t> mtu;    ///< -M; none: that of the route
  bool exit_on_link_loss = false;
  std::optional<double> fail_below;      ///< percent
  bool check = false;                    ///< --check: looks at the way, and replays nothing
  bool json = false;                     ///< --json: what it finds, an object a line
  std::string trace_file;                ///< --trace
  bool live = false;                     ///< --live: a screen in place of log lines
  std::vector<modules::Chosen> modules;  ///< --module
  std::optional<Endpoint> debug_client;  ///< --debug-client; port 0: any

  // What each room is given as it stands.
  capture::Settings capture;
  inject::Settings send;
  returns::Settings returns;
  session::Settings settings;
};

/// @return the options; nothing when the command line asked for help, the version or the
///   configuration, which was then printed. Throws UsageError.
std::optional<Options> parse(int argc, const char* const* argv);

/// The kernel's filter for these rules, in libpcap's language.
std::string capture_filter(const Options& options);

/// Whether a target is on a loopback address; then only loopback clients are captured.
bool any_loopback_target(const Options& options);

/// What is captured, for the log.
std::string describe_capture(const Options& options);

/// The same as capture_filter() for the targets' responses, with --responses.
std::string response_filter(const Options& options);

}  // namespace tcpcopy::options
