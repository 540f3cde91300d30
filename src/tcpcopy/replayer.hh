// SPDX-License-Identifier: BSD-3-Clause
// tcpcopy as a process: signals, statistics, and how it ends. The replay is Worker's.
#pragma once

#include <functional>
#include <optional>

#include "common/report/json_lines.hh"
#include "common/runtime/event_loop.hh"
#include "common/scrape/metrics_server.hh"
#include "tcpcopy/ipv6_watch.hh"
#include "tcpcopy/lag.hh"
#include "tcpcopy/live.hh"
#include "tcpcopy/options/options.hh"
#include "tcpcopy/progress.hh"
#include "tcpcopy/session_log.hh"
#include "tcpcopy/worker.hh"

namespace tcpcopy::replayer {

class Replayer {
 public:
  /// The exit status when --fail-below is not met.
  static constexpr int kTooLittleDelivered = 3;

  /// Reads the command line and the configuration file again. Throws UsageError.
  using Reread = std::function<std::optional<options::Options>()>;

  /// Opens sockets and checks filters. Throws UsageError or SystemError.
  Replayer(const options::Options& options, Reread reread);

  /// Replays until a signal ends it; returns the exit status.
  int run();

 private:
  void start();
  void watch_sessions();
  void every_so_often();
  void tell_manager();
  void reread();
  void apply(const options::Options& now);
  Report report();
  void tell_statistics();
  void log_rates(const Report& report);
  void show_progress();
  void show_live();
  void log_summary();
  void on_signal(int signal);
  void end();
  int exit_status();

  options::Options options_;
  Reread reread_;
  runtime::EventLoop loop_;
  Worker worker_{loop_, options_};
  Ipv6Watch ipv6_watch_{loop_, options_};
  std::optional<ProgressReport> progress_;
  Lag lag_told_;
  report::Rates rates_ = rates_from(loop_.now());
  SessionLog session_log_{loop_};
  runtime::Timer statistics_timer_;
  runtime::Timer status_timer_;
  runtime::Timer watchdog_timer_;
  runtime::Timer progress_timer_;
  runtime::Timer live_timer_;
  runtime::Timer pool_timer_;
  std::optional<scrape::MetricsServer> metrics_;
  std::optional<Live> live_;
  report::JsonLines file_{options_.statistics_file, "tcpcopy"};
};

}  // namespace tcpcopy::replayer
