// SPDX-License-Identifier: BSD-3-Clause
// What this host tells of itself, without a packet sent.
#pragma once

#include <vector>

#include "common/findings/finding.hh"
#include "tcpcopy/options/options.hh"

namespace tcpcopy::check {

/// Routes to the targets, connection tracking, and whether the addresses of -c are free.
std::vector<findings::Finding> look_at_host(const options::Options& options);

}  // namespace tcpcopy::check
