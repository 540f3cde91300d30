// SPDX-License-Identifier: BSD-3-Clause
// What becomes of responses and routes, as figures.
#pragma once

#include "intercept/route/router.hh"
#include "tcpcopy/report.hh"

namespace tcpcopy::route {

/// @param counters the router's, or those of what takes its place.
void report(const Router& router, const RouterCounters& counters, Report& to);

}  // namespace tcpcopy::route
