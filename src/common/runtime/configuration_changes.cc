// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/configuration_changes.hh"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>

#include "common/runtime/option_values.hh"

namespace tcpcopy::runtime {
namespace {

std::map<std::string, std::string> settings_of(std::string_view configuration) {
  std::map<std::string, std::string> settings;
  for (const std::string_view line : split(configuration, '\n')) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    settings.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return settings;
}

std::string shown(const std::string& value) {
  return value.empty() || value == "\"\"" ? "nothing" : value;
}

}  // namespace

std::vector<ConfigurationChange> changes_between(std::string_view before, std::string_view after) {
  // What one of the two does not print has no effect beside its other options.
  std::map<std::string, std::string> old = settings_of(before);
  std::vector<ConfigurationChange> changes;
  for (const auto& [name, value] : settings_of(after)) {
    const auto was = old.extract(name);
    const std::string previous = was.empty() ? "" : was.mapped();
    if (previous != value) changes.push_back({name, previous, value});
  }
  for (const auto& [name, value] : old)
    changes.push_back({name, value, ""});
  return changes;
}

void log_changes(const std::vector<ConfigurationChange>& changes,
                 std::initializer_list<std::string_view> live) {
  if (changes.empty()) spdlog::info("the configuration was read again: nothing has changed");
  for (const ConfigurationChange& change : changes) {
    const bool now = std::find(live.begin(), live.end(), change.name) != live.end();
    spdlog::log(now ? spdlog::level::info : spdlog::level::warn, "{}: {} in place of {}, {}",
                change.name, shown(change.after), shown(change.before),
                now ? "from now on" : "when it is started again");
  }
}

}  // namespace tcpcopy::runtime
