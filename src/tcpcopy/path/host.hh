// SPDX-License-Identifier: BSD-3-Clause
// What this host tells of itself.
#pragma once

#include <vector>

#include "common/findings/finding.hh"
#include "tcpcopy/options/options.hh"
#include "tcpcopy/path/pool_check.hh"

namespace tcpcopy::path {

/// Routes to the targets and what they carry, connection tracking, and whether the addresses of -c
/// are free.
/// @param pool asked PoolQuestion::kTimeToAnswer ago.
std::vector<findings::Finding> look_at_host(const options::Options& options,
                                            const PoolQuestion& pool);

}  // namespace tcpcopy::path
