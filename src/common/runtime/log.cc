// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/log.hh"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <memory>

#include "common/runtime/errors.hh"

namespace tcpcopy::runtime {

void open_log(const std::string& program, const std::string& path) {
  std::shared_ptr<spdlog::sinks::sink> sink;
  if (path.empty()) {
    sink = std::make_shared<spdlog::sinks::stderr_sink_st>();
  } else {
    const auto folder = std::filesystem::path(path).parent_path();
    std::error_code unknown;  // as good as no folder
    if (!folder.empty() && !std::filesystem::is_directory(folder, unknown)) {
      throw UsageError("-l " + path + ": there is no folder " + folder.string());
    }
    try {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_st>(path, false);
    } catch (const spdlog::spdlog_ex& error) {
      throw UsageError("-l " + path + ": cannot open the log file: " + error.what());
    }
  }
  auto logger = std::make_shared<spdlog::logger>(program, sink);
  logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %n %l: %v");
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(logger);
}

void reopen_log(const std::string& program, const std::string& path) {
  try {
    open_log(program, path);
  } catch (const UsageError& error) {
    spdlog::error("{}; the old one is used on", error.what());
  }
}

bool LastingFault::happens(Instant now) {
  if (!said_) {
    *this = {};
    said_ = true;
    began_at_ = now;
  }
  ++times_;
  if (now < say_at_) return false;
  say_at_ = now + kAgain;
  if (times_ > 1) {
    count_ =
        fmt::format(" ({} times in {} s)", times_, (now - began_at_) / std::chrono::seconds(1));
  }
  return true;
}

}  // namespace tcpcopy::runtime
