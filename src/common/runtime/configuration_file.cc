// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/configuration_file.hh"

#include <fmt/format.h>

#include <istream>
#include <stdexcept>

#include "common/runtime/command_line.hh"
#include "common/runtime/errors.hh"
#include "common/runtime/option_values.hh"

namespace tcpcopy::runtime {
namespace {

bool is_flag(const CLI::Option& option) { return option.get_expected_max() == 0; }

std::string_view without_comment(std::string_view text) {
  return trimmed(text.substr(0, text.find('#')));
}

std::string value_of(const CLI::Option& option) {
  if (option.count() > 0) return option.reduced_results().back();
  if (is_flag(option)) return "false";
  return option.get_default_str();
}

}  // namespace

std::string ConfigurationFile::to_config(const CLI::App* app, bool /*default_also*/,
                                         bool /*write_description*/, std::string /*prefix*/) const {
  std::string text;
  for (const CLI::Option* option : app->get_options({})) {
    const std::string& group = option->get_group();
    const bool listed = !group.empty() && group != kWithoutEffectGroup;
    if (!option->get_configurable() || !(listed || is_given(*option))) continue;
    text += fmt::format("{}={}\n", option->get_single_name(),
                        CLI::detail::convert_arg_for_ini(value_of(*option)));
  }
  return text;
}

std::vector<CLI::ConfigItem> ConfigurationFile::from_config(std::istream& input) const {
  std::vector<CLI::ConfigItem> found;
  std::string text;
  for (int line = 1; std::getline(input, text); ++line) {
    const std::string_view content = trimmed(text);
    if (content.empty() || content.front() == '#' || content.front() == ';') continue;
    found.push_back(parse(content, line));
    check(found.back(), line);
  }
  return found;
}

CLI::ConfigItem ConfigurationFile::parse(std::string_view text, int line) const {
  CLI::ConfigItem item;
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {  // a flag
    item.name = without_comment(text);
    item.inputs = {"true"};
    return item;
  }
  item.name = trimmed(text.substr(0, equals));
  std::string_view value = trimmed(text.substr(equals + 1));
  if (!value.empty() && (value.front() == '"' || value.front() == '\'')) {
    const std::size_t end = value.find(value.front(), 1);
    if (end == std::string_view::npos || !without_comment(value.substr(end + 1)).empty()) {
      throw UsageError(place(line) + item.name + ": the value does not end with its quote");
    }
    value = value.substr(1, end - 1);
  } else {
    value = without_comment(value);
  }
  item.inputs = {std::string(value)};
  return item;
}

void ConfigurationFile::check(const CLI::ConfigItem& item, int line) const {
  const CLI::Option* option = find(item.name);
  if (option == nullptr || !option->get_configurable()) {
    throw UsageError(fmt::format("{}'{}' is no option of this file (--help lists what is accepted)",
                                 place(line), item.name));
  }
  if (is_flag(*option)) {
    try {
      CLI::detail::to_flag_value(item.inputs[0]);
    } catch (const std::invalid_argument&) {
      throw UsageError(fmt::format("{}{}: '{}' is neither true nor false", place(line), item.name,
                                   item.inputs[0]));
    }
  }
  // What the command line says goes first, and then the file is not to blame.
  if (option->count() > 0) return;
  const auto [first, fresh] = lines_.emplace(option, line);
  if (!fresh) {
    throw UsageError(
        fmt::format("{}{}: line {} gives it too", place(line), item.name, first->second));
  }
}

const CLI::Option* ConfigurationFile::find(const std::string& name) const {
  if (const CLI::Option* option = app_.get_option_no_throw("--" + name)) return option;
  return name.size() == 1 ? app_.get_option_no_throw("-" + name) : nullptr;
}

std::string ConfigurationFile::place(int line) const {
  return fmt::format("{}:{}: ", app_.get_config_ptr()->as<std::string>(), line);
}

std::string ConfigurationFile::place_of(std::string_view refusal) const {
  for (std::string_view word : split(refusal.substr(0, refusal.find(": ")), ' ')) {
    if (!word.starts_with('-')) continue;
    const auto at = lines_.find(app_.get_option_no_throw(std::string(word)));
    if (at != lines_.end()) return place(at->second);
  }
  return {};
}

}  // namespace tcpcopy::runtime
