// SPDX-License-Identifier: BSD-3-Clause
// The options that both daemons have as processes: log, pid file, background, statistics.
#pragma once

#include <spdlog/common.h>

#include <optional>
#include <string>
#include <vector>

#include "common/runtime/host_names.hh"
#include "common/runtime/log.hh"
#include "tcpcopy/address.hh"

namespace CLI {
class App;
}  // namespace CLI

namespace tcpcopy::runtime {

/// Their heading in --help.
inline constexpr const char* kProcessGroup = "The process";

struct ProcessOptions {
  std::string log_file;  ///< -l; `syslog` for that
  LogFormat log_format = LogFormat::kText;
  spdlog::level::level_enum log_level = spdlog::level::info;
  std::string pid_file;  ///< -P
  bool daemon = false;   ///< -d
  std::string user;      ///< --user; empty: it stays who it is
  bool no_seccomp = false;
  int statistics_seconds = 30;
  std::string statistics_file;      ///< --statistics-file; empty: none
  std::optional<Endpoint> metrics;  ///< --metrics: where Prometheus asks; none: nowhere
  std::vector<std::string> hosts;   ///< what names of hosts stand for; to be logged once
  std::vector<std::string> notes;   ///< what was accepted without effect; to be logged once
  std::string configuration;        ///< all of it, as --print-config prints it
};

/// What is kept as text until it is interpreted.
struct ProcessTexts {
  std::string statistics = "30", log_level = "info", log_format = "text";
  std::string metrics;
};

/// Declares them as a group of their own.
void declare_process(CLI::App& app, ProcessOptions& options, ProcessTexts& texts);

/// Interprets what was given. A daemon in the background without -l logs to `program`.log.
/// @param names resolves them; options.hosts is to be taken from it afterwards. Throws UsageError.
void interpret_process(const ProcessTexts& texts, const char* program, HostNames& names,
                       ProcessOptions& options);

/// What both daemons do once everything is open: they give away what they need no more, by --user
/// and a filter for system calls. Throws UsageError or SystemError.
void give_away(const ProcessOptions& options);

}  // namespace tcpcopy::runtime
