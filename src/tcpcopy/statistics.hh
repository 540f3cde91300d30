// SPDX-License-Identifier: BSD-3-Clause
// The statistics of tcpcopy, as log lines.
#pragma once

#include <optional>

#include "common/net/capture_counters.hh"
#include "tcpcopy/inject/injector.hh"
#include "tcpcopy/returns/intercept_links.hh"
#include "tcpcopy/session/ledger.hh"
#include "tcpcopy/session/replay.hh"

namespace tcpcopy::replayer {

/// Where the numbers are read.
struct StatisticsSources {
  const session::Ledger& ledger;
  const net::CaptureCounters& capture;
  const inject::InjectCounters& inject;
  const returns::InterceptLinks* links;                ///< null without links
  std::optional<net::CaptureCounters> responses;       ///< of --responses
  const session::DatagramCounts* datagrams = nullptr;  ///< of --udp: instead of sessions
};

/// Logs the state of the replay. The words of 1.x (`active`, `conns`, `resp`, `c-resp`, `all clt`,
/// `clt cont`, …) stand in the first line, so that its troubleshooting guides still apply.
/// @param told how late was what the lines so far have told of: these tell of what came since.
void log_statistics(const StatisticsSources& sources, session::Lag& told);

/// Logs the final summary: every account of the ledger that is not zero, and how late the replay
/// was in the whole run.
void log_summary(const StatisticsSources& sources);

/// Says once, and at once, that the replay works.
class FirstDelivery {
 public:
  /// To be called at the end of a turn.
  void look(const session::Ledger& ledger);

 private:
  bool said_ = false;
};

/// How much of what the clients did reached the target: the smaller one of the shares of their
/// sessions, and of their bytes, those included that capture had cut. 0 when there was nothing.
double delivered_percent(const StatisticsSources& sources);

}  // namespace tcpcopy::replayer
