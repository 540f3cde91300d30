// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/process_options.hh"

#include <CLI/CLI.hpp>

#include "common/runtime/option_values.hh"

namespace tcpcopy::runtime {

void declare_process(CLI::App& app, ProcessOptions& options, std::string& statistics) {
  const std::string group = kProcessGroup;
  app.add_option("-l,--log", options.log_file, "Log file [standard error]")
      ->type_name("FILE")
      ->group(group);
  app.add_option("-P,--pid-file", options.pid_file, "File for the process id")
      ->type_name("FILE")
      ->group(group);
  app.add_flag("-d,--daemon", options.daemon, "Go to the background")->group(group);
  app.add_option("--statistics", statistics, "Seconds between statistics lines")
      ->type_name("S")
      ->group(group);
  app.add_option("--statistics-file", options.statistics_file, "Append them to it as JSON too")
      ->type_name("FILE")
      ->group(group);
}

void interpret_process(const std::string& statistics, const char* program,
                       ProcessOptions& options) {
  options.statistics_seconds = static_cast<int>(parse_number("--statistics", statistics, 1, 86400));
  if (options.daemon && options.log_file.empty()) options.log_file = std::string(program) + ".log";
}

}  // namespace tcpcopy::runtime
