// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/log.hh"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "common/runtime/errors.hh"

namespace tcpcopy::runtime {

void open_log(const std::string& program, const std::string& path) {
  std::shared_ptr<spdlog::sinks::sink> sink;
  if (path.empty()) {
    sink = std::make_shared<spdlog::sinks::stderr_sink_st>();
  } else {
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

}  // namespace tcpcopy::runtime
