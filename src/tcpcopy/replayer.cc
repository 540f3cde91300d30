// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/replayer.hh"

#include <spdlog/spdlog.h>

#include <csignal>

#include "common/runtime/daemon.hh"
#include "common/runtime/log.hh"
#include "tcpcopy/log_lines.hh"
#include "tcpcopy/path/pool_check.hh"
#include "tcpcopy/startup.hh"

namespace tcpcopy::replayer {

Replayer::Replayer(const options::Options& options) : options_(settled(options)) {}

int Replayer::run() {
  start();
  loop_.run();
  if (progress_) progress_->clear();
  log_summary();
  return exit_status();
}

void Replayer::start() {
  loop_.on_signals({SIGTERM, SIGINT, SIGHUP, SIGUSR1}, [this](int signal) { on_signal(signal); });
  statistics_timer_ =
      loop_.every(std::chrono::seconds(options_.statistics_seconds), [this] { tell_statistics(); });
  if (worker_.of_files()) {
    progress_.emplace(loop_.now());
    progress_timer_ = loop_.every(progress_->period(), [this] { show_progress(); });
  }
  log_amplification(options_);
  pool_timer_ = path::check_client_pool(loop_, options_);
  worker_.start();
}

void Replayer::tell_statistics() {
  const Report report = worker_.report();
  log_statistics(report, lag_told_);
  file_.write(report);
}

void Replayer::show_progress() {
  const auto files = worker_.of_files();
  progress_->show(files->progress, worker_.report(), files->wait, loop_.now());
}

void Replayer::log_summary() {
  const Report report = worker_.report();
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
    runtime::reopen_log("tcpcopy", options_.log_file);
  } else if (worker_.phase() >= Phase::kEnding) {
    loop_.stop();
  } else {
    end();
  }
}

void Replayer::end() {
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
