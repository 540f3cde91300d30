// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/command_line.hh"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "common/runtime/errors.hh"
#include "tcpcopy/version.hh"

namespace tcpcopy::runtime {
namespace {

// CLI11 leaves two empty lines between groups and one at the end.
std::string tightened(std::string help) {
  for (std::size_t at = 0; (at = help.find("\n\n\n", at)) != std::string::npos;)
    help.erase(at, 1);
  while (help.ends_with("\n\n"))
    help.pop_back();
  return help;
}

}  // namespace

bool parse_command_line(CLI::App& app, int argc, const char* const* argv) {
  bool print_config = false;
  bool print_version = false;
  const std::string group = "The process";
  app.set_help_flag("-h,--help", "Print this help")->group(group);
  app.add_flag("-v,--version", print_version, "Print the version")
      ->group(group)
      ->configurable(false);
  app.set_config("--config", "", "Read options from a file; names are the long ones")->group(group);
  app.add_flag("--print-config", print_config, "Print the options as a configuration file")
      ->group(group)
      ->configurable(false);
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.get_formatter()->column_width(36);
  app.get_formatter()->label("TEXT", "VALUE");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(tightened(app.help()).c_str(), stdout);
    return false;
  } catch (const CLI::ParseError& error) {
    throw UsageError(std::string(error.what()) + " (--help lists what is accepted)");
  }
  if (print_version) std::printf("%s %s\n", app.get_name().c_str(), kProgramVersion);
  if (print_config) std::fputs(app.config_to_str(true, false).c_str(), stdout);
  return !print_version && !print_config;
}

int guarded_main(const char* program, int (*run)(int, const char* const*), int argc,
                 const char* const* argv) {
  try {
    return run(argc, argv);
  } catch (const UsageError& error) {
    std::fprintf(stderr, "%s: %s\n", program, error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", program, error.what());
    return 1;
  }
}

}  // namespace tcpcopy::runtime
