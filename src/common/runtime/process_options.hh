// SPDX-License-Identifier: BSD-3-Clause
// The options that both daemons have as processes: log, pid file, background, statistics.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace tcpcopy::runtime {

/// Their heading in --help.
inline constexpr const char* kProcessGroup = "The process";

struct ProcessOptions {
  std::string log_file;  ///< -l
  std::string pid_file;  ///< -P
  bool daemon = false;   ///< -d
  int statistics_seconds = 30;
  std::string statistics_file;     ///< --statistics-file; empty: none
  std::vector<std::string> hosts;  ///< what names of hosts stand for; to be logged once
  std::vector<std::string> notes;  ///< what was accepted without effect; to be logged once
};

/// Declares them as a group of their own.
/// @param statistics where --statistics is kept as text until it is interpreted.
void declare_process(CLI::App& app, ProcessOptions& options, std::string& statistics);

/// Interprets what was given. A daemon in the background without -l logs to `program`.log.
/// Throws UsageError.
void interpret_process(const std::string& statistics, const char* program, ProcessOptions& options);

}  // namespace tcpcopy::runtime
