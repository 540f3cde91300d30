// SPDX-License-Identifier: BSD-3-Clause
// What every capture counts, as figures.
#pragma once

#include "common/net/capture_counters.hh"
#include "tcpcopy/report.hh"

namespace tcpcopy::net {

void report(const CaptureCounters& counters, Report& to);

}  // namespace tcpcopy::net
