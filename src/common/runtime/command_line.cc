// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/command_line.hh"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>

#include "common/runtime/configuration_file.hh"
#include "common/runtime/errors.hh"
#include "common/runtime/process_options.hh"
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

void declare_common(CLI::App& app) {
  const std::string group = kProcessGroup;
  app.set_help_flag("-h,--help", "Print this help")->group(group);
  const std::string version = "Print the version";
  app.add_flag("-v,--version", version)->group(group)->configurable(false);
  app.set_config("--config", "", "Read options from a file, by long names")
      ->type_name("FILE")
      ->group(group);
  const std::string print_config = "Print the options as such a file";
  app.add_flag("--print-config", print_config)->group(group)->configurable(false);
  const std::string print_options = "What scripts/options reads";
  app.add_flag("--print-options", print_options)->group("")->configurable(false);
  app.get_formatter()->column_width(32);
  app.get_formatter()->label("TEXT", "VALUE");
}

// By option->get_name() one that is not listed has none.
std::string names_of(const CLI::Option& option) {
  std::string names;
  for (const std::string& name : option.get_snames())
    names += "-" + name + " ";
  for (const std::string& name : option.get_lnames())
    names += "--" + name + " ";
  return names;
}

// For scripts/options: the program, then an option a line, in fields between tabs.
void print_options(const CLI::App& app) {
  std::printf("%s\t%s\t%s\n", app.get_name().c_str(), kProgramVersion,
              app.get_description().c_str());
  for (const CLI::Option* option : app.get_options()) {
    const bool takes_value = option->get_expected_max() > 0;
    const std::string value = takes_value ? option->get_type_name() : "";
    const std::string preset = takes_value ? option->get_default_str() : "";
    std::printf("%s\t%s\t%s\t%s\t%s\n", option->get_group().c_str(), names_of(*option).c_str(),
                value.c_str(), preset.c_str(), option->get_description().c_str());
  }
}

}  // namespace

bool parse_command_line(CLI::App& app, int argc, const char* const* argv,
                        const std::function<void()>& interpret) {
  declare_common(app);
  const auto file = std::make_shared<ConfigurationFile>(app);
  app.config_formatter(file);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(tightened(app.help()).c_str(), stdout);
    return false;
  } catch (const CLI::ParseError& error) {
    throw UsageError(std::string(error.what()) + " (--help lists what is accepted)");
  }
  if (is_given(*app.get_option("--version"))) {
    std::printf("%s %s\n", app.get_name().c_str(), kProgramVersion);
    return false;
  }
  if (is_given(*app.get_option("--print-options"))) {
    print_options(app);
    return false;
  }
  try {
    interpret();
  } catch (const UsageError& error) {
    throw UsageError(file->place_of(error.what()) + error.what());
  }
  if (!is_given(*app.get_option("--print-config"))) return true;
  std::fputs(app.config_to_str(true, false).c_str(), stdout);
  return false;
}

bool is_given(const CLI::Option& option) {
  if (option.count() == 0) return false;
  if (option.get_expected_max() == 0) return option.as<bool>();
  return !option.reduced_results().back().empty();
}

void refuse_without_effect(CLI::App& app, std::initializer_list<const char*> options,
                           std::string_view when) {
  for (const char* name : options) {
    CLI::Option* option = app.get_option(name);
    if (is_given(*option)) {
      throw UsageError(fmt::format("{} has no effect {}: leave it out", name, when));
    }
    option->configurable(false);
  }
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
