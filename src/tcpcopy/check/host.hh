// SPDX-License-Identifier: BSD-3-Clause
// What this host tells of itself, without a packet sent.
#pragma once

#include <vector>

#include "tcpcopy/options/options.hh"
#include "tcpcopy/probe/finding.hh"

namespace tcpcopy::check {

/// Routes to the targets, connection tracking, and whether the addresses of -c are free.
std::vector<probe::Finding> look_at_host(const options::Options& options);

}  // namespace tcpcopy::check
