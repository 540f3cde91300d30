// SPDX-License-Identifier: BSD-3-Clause
// How the work of a wake-up is divided.
#pragma once

#include <cstddef>

namespace tcpcopy {

/// Packets, responses or sessions that are taken at a time: see runtime::Budget.
/// The dearest that was measured, SYNs to a busy target on the same host, took 40 us each.
inline constexpr std::size_t kBatch = 32;

/// With so many sessions there is enough to do to take it in groups, at the price of a moment. With
/// fewer each waits for its own round trip.
inline constexpr std::size_t kManySessions = 32;

}  // namespace tcpcopy
