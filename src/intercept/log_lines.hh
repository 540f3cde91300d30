// SPDX-License-Identifier: BSD-3-Clause
// A report of intercept as log lines.
#pragma once

#include "common/net/packet_parser.hh"
#include "common/report/rates.hh"
#include "intercept/link/link_server.hh"
#include "intercept/route/router.hh"
#include "tcpcopy/report.hh"

namespace tcpcopy::interceptor {

void log_statistics(const Report& report);

/// What an intercept that begins at `start` grows by in a second: for a line beside these.
report::Rates rates_from(Instant start);

/// Says once, and at once, that a target's answers come here, and that a tcpcopy gets them.
class FirstAnswers {
 public:
  explicit FirstAnswers(Instant start) : start_(start) {}

  /// A packet that -F wants.
  void on_seen(const net::TcpPacket& answer, Instant now) {
    if (!seen_) say_seen(answer, now);
  }
  /// To be called at the end of a wake-up.
  /// @param forwarded responses that were handed to a link so far.
  void on_forwarded(std::uint64_t forwarded, Instant now) {
    if (!forwarded_ && forwarded > 0) say_forwarded(now);
  }

 private:
  void say_seen(const net::TcpPacket& answer, Instant now);
  void say_forwarded(Instant now);

  Instant start_;
  bool seen_ = false;
  bool forwarded_ = false;
};

/// The links that read too slowly, the worst first: each a line, up to a bound.
void log_slow_links(const link::LinkServer& links, const route::Router& router);

}  // namespace tcpcopy::interceptor
