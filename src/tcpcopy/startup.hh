// SPDX-License-Identifier: BSD-3-Clause
// What is found out before the first packet.
#pragma once

#include <cstdint>

#include "tcpcopy/options/options.hh"

namespace tcpcopy::replayer {

/// The MTU of the routes to the targets, in bytes: the shortest, unless -M gives it.
std::uint16_t mtu_to_targets(const options::Options& options);

/// The options with what only this host and this run can say of the session settings.
options::Options settled(options::Options options);

/// Says how many sessions the addresses allow when each connection becomes several.
void log_amplification(const options::Options& options);

}  // namespace tcpcopy::replayer
