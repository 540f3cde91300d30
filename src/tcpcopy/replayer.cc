// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/replayer.hh"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <exception>
#include <utility>

#include "common/runtime/configuration_changes.hh"
#include "common/runtime/daemon.hh"
#include "common/runtime/log.hh"
#include "common/runtime/service_manager.hh"
#include "tcpcopy/log_lines.hh"
#include "tcpcopy/path/pool_check.hh"
#include "tcpcopy/startup.hh"

namespace tcpcopy::replayer {
namespace {

constexpr Duration kStatusPeriod = std::chrono::seconds(5);

}  // namespace

Replayer::Replayer(const options::Options& options, Reread reread)
    : options_(settled(options)), reread_(std::move(reread)) {
  if (options_.metrics)
    metrics_.emplace(loop_, *options_.metrics, "tcpcopy", [this] { return report(); });
}

int Replayer::run() {
  start();
  loop_.run();
  if (progress_) progress_->clear();
  live_.reset();
  log_summary();
  return exit_status();
}

void Replayer::start() {
  loop_.on_signals({SIGTERM, SIGINT, SIGHUP, SIGUSR1}, [this](int signal) { on_signal(signal); });
  every_so_often();
  watch_sessions();
  status_timer_ = loop_.every(kStatusPeriod, [this] { tell_manager(); });
  if (worker_.of_files()) {
    progress_.emplace(loop_.now());
    if (!options_.live)
      progress_timer_ = loop_.every(progress_->period(), [this] { show_progress(); });
  }
  if (options_.live) {
    live_.emplace(options_, loop_.now());
    live_timer_ = loop_.every(Live::kPeriod, [this] { show_live(); });
    show_live();
  }
  log_amplification(options_);
  pool_timer_ = path::check_client_pool(loop_, options_);
  worker_.start();
  watchdog_timer_ = runtime::notify_started(loop_);
}

void Replayer::every_so_often() {
  statistics_timer_ =
      loop_.every(std::chrono::seconds(options_.statistics_seconds), [this] { tell_statistics(); });
}

// Only where somebody wants to read of them.
void Replayer::watch_sessions() {
  spdlog::set_level(options_.log_level);
  session_log_.set_client(options_.debug_client);
  const bool wanted = options_.debug_client || options_.log_level <= spdlog::level::debug;
  worker_.observe(wanted ? &session_log_ : nullptr);
}

void Replayer::tell_manager() {
  const Standing standing = worker_.standing();
  const std::string links = worker_.links();
  runtime::notify_status(fmt::format("{} sessions, {} bytes delivered{}{}", standing.sessions,
                                     standing.delivered, links.empty() ? "" : ", ", links));
}

void Replayer::reread() {
  runtime::reopen_log("tcpcopy", options_.log_file, options_.log_format);
  try {
    if (const auto now = reread_()) apply(*now);
  } catch (const std::exception& error) {
    spdlog::error("{}; all stays as it was", error.what());
  }
}

// What may fail comes first.
void Replayer::apply(const options::Options& now) {
  report::JsonLines file(now.statistics_file, "tcpcopy");
  worker_.set_key(now.returns.key_file);
  if (now.log_file != options_.log_file) {
    runtime::open_log("tcpcopy", now.log_file, options_.log_format);
  }
  file_ = std::move(file);
  worker_.set_percent(now.settings.percent);
  const bool other_pace = now.statistics_seconds != options_.statistics_seconds;
  const auto changes = runtime::changes_between(options_.configuration, now.configuration);
  options_.statistics_seconds = now.statistics_seconds;
  options_.log_file = now.log_file;
  options_.log_level = now.log_level;
  options_.debug_client = now.debug_client;
  options_.configuration = now.configuration;
  if (other_pace) every_so_often();
  watch_sessions();
  runtime::log_changes(changes, {"debug-client", "key", "log", "log-level", "percent", "statistics",
                                 "statistics-file"});
}

Report Replayer::report() {
  Report report = worker_.report();
  if (metrics_) metrics_->report(report);
  return report;
}

void Replayer::tell_statistics() {
  const Report report = this->report();
  log_statistics(report, lag_told_);
  log_rates(report);
  file_.write(report);
}

void Replayer::log_rates(const Report& report) {
  if (const std::string rates = rates_.text(report, loop_.now()); !rates.empty())
    spdlog::info(rates);
}

void Replayer::show_progress() {
  const auto files = worker_.of_files();
  progress_->show(files->progress, worker_.report(), files->wait, loop_.now());
}

void Replayer::show_live() {
  const Report report = this->report();
  std::string files;
  if (const auto of_files = worker_.of_files())
    files = progress_->bar(of_files->progress, report, of_files->wait, loop_.now());
  live_->show(report, std::move(files), loop_.now());
}

void Replayer::log_summary() {
  const Report report = this->report();
  replayer::log_summary(report);
  file_.write(report);
  worker_.log_summary();
  runtime::log_resource_use(loop_.wake_up_times());
}

int Replayer::exit_status() {
  if (worker_.exit_status() != 0 || !options_.fail_below) return worker_.exit_status();
  const double percent = delivered_percent(worker_.report());
  const bool enough = percent >= *options_.fail_below;
  spdlog::log(enough ? spdlog::level::info : spdlog::level::err,
              "delivered: {:.3f} %; wanted: {} % (--fail-below)", percent, *options_.fail_below);
  return enough ? 0 : kTooLittleDelivered;
}

void Replayer::on_signal(int signal) {
  if (signal == SIGUSR1) {
    tell_statistics();
    runtime::log_resource_use(loop_.wake_up_times());
  } else if (signal == SIGHUP) {
    reread();
  } else if (worker_.phase() >= Phase::kEnding) {
    loop_.stop();
  } else {
    end();
  }
}

void Replayer::end() {
  runtime::notify("STOPPING=1");
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(worker_.drain_time());
  if (ms.count() == 0) {
    spdlog::info("ending");
  } else {
    spdlog::info("ending: {} sessions have {} ms to finish", worker_.standing().sessions,
                 ms.count());
  }
  worker_.end();
}

}  // namespace tcpcopy::replayer
