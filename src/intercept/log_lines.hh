// SPDX-License-Identifier: BSD-3-Clause
// A report of intercept as log lines.
#pragma once

#include "intercept/link/link_server.hh"
#include "intercept/route/router.hh"
#include "tcpcopy/report.hh"

namespace tcpcopy::interceptor {

void log_statistics(const Report& report);

/// The links that read too slowly, the worst first: each a line, up to a bound.
void log_slow_links(const link::LinkServer& links, const route::Router& router);

}  // namespace tcpcopy::interceptor
