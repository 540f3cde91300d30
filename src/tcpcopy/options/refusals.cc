// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/options/refusals.hh"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "common/runtime/command_line.hh"
#include "common/runtime/errors.hh"
#include "common/runtime/socket.hh"

namespace tcpcopy::options {

void refuse_without_effect(CLI::App& app, const Options& options) {
  using runtime::refuse_without_effect;
  using Way = capture::Settings::Way;
  const Way way = options.capture.way;
  if (way != Way::kPcap)
    refuse_without_effect(app, {"-S", "--direction"}, "without --capture pcap");
  if (way != Way::kFile) {
    refuse_without_effect(app, {"-a", "-I", "-T", "--fail-below"}, "without --capture file");
  } else {
    refuse_without_effect(app, {"-B"}, "with --capture file");
    if (!options.capture.speed) refuse_without_effect(app, {"-I"}, "with -a max");
  }
  if (options.capture.udp) {
    refuse_without_effect(
        app, {"-O", "-W", "-D", "-R", "-t", "-k", "--max-lag", "--module", "--debug-client"},
        "with --udp");
  }
  if (options.returns.intercepts.empty()) {
    refuse_without_effect(app,
                          {"-C", "-p", "--disable-combined", "--with-resp-payload", "--single",
                           "--key", "--exit-on-link-loss"},
                          options.capture.udp ? "with --udp" : "with --responses");
  }
  if (!options.modules.empty() && options.settings.max_lag > Duration(0)) {
    throw runtime::UsageError(
        "--module and --max-lag: give one of them; a module has to see every request");
  }
  if (!options.check) refuse_without_effect(app, {"--json"}, "without --check");
  if (options.check) refuse_without_effect(app, {"--live"}, "with --check");
  if (options.live && options.daemon) {
    throw runtime::UsageError("--live and -d: in the background there is no terminal; give one");
  }
  if (options.check && options.capture.udp) {
    throw runtime::UsageError("--check and --udp: what comes back of a datagram is not waited for");
  }
  // The MSS that is made up is for connections that are joined.
  if (options.settings.only_from_start) refuse_without_effect(app, {"-D"}, "with -O");
  // A client on the loopback address would be unknown to a target elsewhere, but not to this one.
  if (any_loopback_target(options)) {
    refuse_without_effect(app, {"-H"}, "with a target on a loopback address");
  }
}

void refuse_loops(const Options& options) {
  const std::vector<Address> local = runtime::local_addresses();
  for (const TargetRule& online : options.rules) {
    for (const TargetRule& rule : options.rules) {
      if (rule.target.port != online.online_port) continue;
      const bool named = online.online_address.has_value();
      const bool same = named && *online.online_address == rule.target.address;
      const bool here = std::find(local.begin(), local.end(), rule.target.address) != local.end();
      if (!same && (named || !here)) continue;
      throw runtime::UsageError(fmt::format(
          "-x: packets for the target {} would be captured as packets of clients; {}",
          rule.target.to_string(),
          same ? "it cannot be an online server too"
               : fmt::format("name the address of the online server, as in 10.0.0.20:{}-…",
                             online.online_port)));
    }
  }
}

}  // namespace tcpcopy::options
