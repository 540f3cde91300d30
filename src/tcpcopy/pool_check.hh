// SPDX-License-Identifier: BSD-3-Clause
// Whether somebody has an address of -c. The targets' route takes the answers for it away from its
// owner, and where the owner gets one it resets the connection.
#pragma once

#include <string>
#include <vector>

#include "common/runtime/event_loop.hh"
#include "tcpcopy/options/options.hh"

namespace tcpcopy::replayer {

/// What the options alone and the addresses of this host tell, one warning each.
std::vector<std::string> known_owners(const options::Options& options,
                                      const std::vector<Address>& local_addresses);

/// Logs these, and 2 s later which of the first addresses a host in a segment of this host has.
/// Never throws, and does not wait.
/// @return what waits those 2 s.
[[nodiscard]] runtime::Timer check_client_pool(runtime::EventLoop& loop,
                                               const options::Options& options);

}  // namespace tcpcopy::replayer
