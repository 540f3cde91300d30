// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/process_options.hh"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "common/runtime/errors.hh"
#include "common/runtime/option_values.hh"
#include "common/runtime/privileges.hh"
#include "common/runtime/syscall_filter.hh"

namespace tcpcopy::runtime {

namespace {

// ADDR:PORT.
Endpoint interpret_metrics(std::string_view text, HostNames& names) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    throw UsageError(fmt::format(
        "--metrics: '{}' is no address with a port, such as 127.0.0.1:9510 or 0.0.0.0:9510", text));
  }
  const std::string what = fmt::format("--metrics '{}'", text);
  return {names.one(what, text.substr(0, colon)),
          parse_port(what + ": the port", text.substr(colon + 1))};
}

}  // namespace

void declare_process(CLI::App& app, ProcessOptions& options, ProcessTexts& texts) {
  const std::string group = kProcessGroup;
  app.add_option("-l,--log", options.log_file, "Log file, or syslog [standard error]")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--log-level", texts.log_level, "From what weight on lines are logged")
      ->type_name("debug|info|warn|error")
      ->group(group);
  app.add_option("--log-format", texts.log_format, "What a log line looks like")
      ->type_name("text|json")
      ->group(group);
  app.add_option("-P,--pid-file", options.pid_file, "File for the process id")
      ->type_name("FILE")
      ->group(group);
  app.add_flag("-d,--daemon", options.daemon, "Go to the background")->group(group);
  app.add_option("--user", options.user, "Become this user when all is open")
      ->type_name("USER")
      ->group(group);
  app.add_flag("--no-seccomp", options.no_seccomp, "Any system call, also when all is open")
      ->group(group);
  app.add_option("--statistics", texts.statistics, "Seconds between statistics lines")
      ->type_name("S")
      ->group(group);
  app.add_option("--statistics-file", options.statistics_file, "Append them to it as JSON too")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--metrics", texts.metrics, "Give them to Prometheus, on this address [off]")
      ->type_name("ADDR:PORT")
      ->group(group);
}

namespace {

void interpret_log(const ProcessTexts& texts, ProcessOptions& options) {
  constexpr std::array kLevels = {"debug", "info", "warn", "error"};
  if (std::find(kLevels.begin(), kLevels.end(), texts.log_level) == kLevels.end()) {
    throw UsageError(fmt::format("--log-level: '{}' is no level; accepted: {}", texts.log_level,
                                 fmt::join(kLevels, ", ")));
  }
  options.log_level = spdlog::level::from_str(texts.log_level);
  if (texts.log_format != "text" && texts.log_format != "json") {
    throw UsageError(
        fmt::format("--log-format: '{}' is no format; accepted: text, json", texts.log_format));
  }
  options.log_format = texts.log_format == "json" ? LogFormat::kJson : LogFormat::kText;
}

}  // namespace

void interpret_process(const ProcessTexts& texts, const char* program, HostNames& names,
                       ProcessOptions& options) {
  options.statistics_seconds =
      static_cast<int>(parse_number("--statistics", texts.statistics, 1, 86400));
  interpret_log(texts, options);
  if (!options.user.empty()) find_account(options.user);
  if (!texts.metrics.empty()) options.metrics = interpret_metrics(texts.metrics, names);
  if (options.daemon && options.log_file.empty()) options.log_file = std::string(program) + ".log";
}

void give_away(const ProcessOptions& options) {
  if (!options.user.empty()) become(find_account(options.user));
  if (!options.no_seccomp) restrict_system_calls();
}

}  // namespace tcpcopy::runtime
