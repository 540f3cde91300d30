// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/log_tail.hh"

#include <fmt/chrono.h>
#include <spdlog/details/log_msg_buffer.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <utility>

namespace tcpcopy::runtime {

// Between the log and its sinks: keeps the warnings, and hands on all where that spoils nothing.
class LogTail::Sink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  using Sinks = std::vector<spdlog::sink_ptr>;

  void stand_before(Sinks behind, bool muted) {
    behind_ = std::move(behind);
    muted_ = muted;
  }
  Sinks step_aside() { return std::exchange(behind_, {}); }
  const std::deque<spdlog::details::log_msg_buffer>& kept() const { return kept_; }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (message.level >= spdlog::level::warn) {
      kept_.emplace_back(message);
      if (kept_.size() > kKept) kept_.pop_front();
    }
    if (muted_) return;
    for (const auto& each : behind_)
      each->log(message);
  }
  void flush_() override {
    for (const auto& each : behind_)
      each->flush();
  }

 private:
  Sinks behind_;
  bool muted_ = false;
  std::deque<spdlog::details::log_msg_buffer> kept_;
};

LogTail::LogTail() : sink_(std::make_shared<Sink>()) { follow(); }

LogTail::~LogTail() {
  leave();
  if (!muted_) return;
  const auto log = spdlog::default_logger();
  for (const auto& message : sink_->kept()) {
    for (const auto& sink : log->sinks())
      sink->log(message);
  }
}

void LogTail::follow() {
  const auto log = spdlog::default_logger();
  if (log == heard_) return;
  leave();
  const auto& sinks = log->sinks();
  muted_ = ::isatty(STDERR_FILENO) == 1 &&
           std::any_of(sinks.begin(), sinks.end(), [](const spdlog::sink_ptr& sink) {
             return dynamic_cast<spdlog::sinks::stderr_sink_st*>(sink.get()) != nullptr;
           });
  sink_->stand_before(log->sinks(), muted_);
  log->sinks() = {sink_};
  heard_ = log;
}

void LogTail::leave() {
  if (!heard_) return;
  heard_->sinks() = sink_->step_aside();
  heard_.reset();
}

std::vector<std::string> LogTail::warnings() const {
  std::vector<std::string> lines;
  for (const auto& message : sink_->kept()) {
    const auto time = std::chrono::system_clock::to_time_t(message.time);
    const auto level = spdlog::level::to_string_view(message.level);
    lines.push_back(fmt::format("{:%H:%M:%S} {}: {}", fmt::localtime(time),
                                std::string_view(level.data(), level.size()),
                                std::string_view(message.payload.data(), message.payload.size())));
  }
  return lines;
}

}  // namespace tcpcopy::runtime
