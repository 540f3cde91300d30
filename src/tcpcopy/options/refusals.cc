// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/options/refusals.hh"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "common/runtime/errors.hh"
#include "common/runtime/socket.hh"

namespace tcpcopy::options {

void refuse_loops(const Options& options) {
  const std::vector<Address> local = runtime::local_addresses();
  for (const session::TargetRule& online : options.rules) {
    for (const session::TargetRule& rule : options.rules) {
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
