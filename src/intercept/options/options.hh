// SPDX-License-Identifier: BSD-3-Clause
// The command line and the configuration file of intercept.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/net/network.hh"
#include "common/runtime/process_options.hh"
#include "common/wire/frame.hh"
#include "intercept/route/destination_translation.hh"
#include "tcpcopy/address.hh"

namespace tcpcopy::intercept_options {

struct InterceptOptions : runtime::ProcessOptions {
  std::vector<std::string> devices;  ///< -i
  std::string filter;                ///< -F
  Endpoint listen;                   ///< -b, -p
  std::size_t max_records = 0;       ///< -n: in a frame; 0: as many as the mode allows
  wire::FrameMode mode;
  std::vector<net::Network> allow;               ///< --allow; empty: anybody may connect
  std::string key_file;                          ///< --key; empty: links in clear
  bool allow_plain = false;                      ///< --allow-plain
  bool single = false;                           ///< --single
  bool protect = false;                          ///< -c
  bool check = false;                            ///< --check: looks, and intercepts nothing
  bool json = false;                             ///< --json: what it finds, an object a line
  std::vector<route::AddressPair> translations;  ///< -D
};

/// @return the options; nothing when the command line asked for help, the version or the
///   configuration, which was then printed. Throws UsageError.
std::optional<InterceptOptions> parse_intercept(int argc, const char* const* argv);

/// The filter for the capture: the user's, without our own control channel.
/// @param local_addresses those that the control channel can be reached at.
std::string capture_filter(const InterceptOptions& options,
                           const std::vector<Address>& local_addresses);

}  // namespace tcpcopy::intercept_options
