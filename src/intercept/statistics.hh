// SPDX-License-Identifier: BSD-3-Clause
// The statistics of intercept, as log lines.
#pragma once

#include <memory>
#include <vector>

#include "common/pcap/pcap_capture.hh"
#include "intercept/link/link_server.hh"
#include "intercept/route/router.hh"

namespace tcpcopy::interceptor {

/// Where the numbers are read.
struct InterceptStatistics {
  const route::Router& router;
  route::RouterCounters responses;  ///< of the router and of what has the rest
  const link::LinkServer& links;
  const std::vector<std::unique_ptr<pcap::PcapCapture>>& captures;
};

void log_statistics(const InterceptStatistics& sources);

}  // namespace tcpcopy::interceptor
