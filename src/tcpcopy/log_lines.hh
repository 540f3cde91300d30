// SPDX-License-Identifier: BSD-3-Clause
// A report of tcpcopy as log lines.
#pragma once

#include "common/report/rates.hh"
#include "tcpcopy/ports.hh"
#include "tcpcopy/report.hh"

namespace tcpcopy::replayer {

/// Logs the state of the replay. The words of 1.x (`active`, `conns`, `resp`, `c-resp`, `all clt`,
/// `clt cont`, …) stand in the first line, so that its troubleshooting guides still apply.
/// @param told how late was what the lines so far have told of: these tell of what came since.
void log_statistics(const Report& report, Lag& told);

/// What a replay that begins at `start` grows by in a second: for a line beside these.
report::Rates rates_from(Instant start);

/// Logs the final summary: every account of the ledger that is not zero, and how late the replay
/// was in the whole run.
void log_summary(const Report& report);

/// Says once, and at once, that the replay works.
class FirstDelivery {
 public:
  explicit FirstDelivery(Instant start) : start_(start) {}

  /// To be called at the end of a wake-up.
  void look(const Standing& standing, Instant now);

 private:
  Instant start_;
  bool said_ = false;
};

/// How much of what the clients did reached the target: the smaller one of the shares of their
/// sessions, and of their bytes, those included that capture had cut. 0 when there was nothing.
double delivered_percent(const Report& report);

}  // namespace tcpcopy::replayer
