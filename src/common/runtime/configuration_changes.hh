// SPDX-License-Identifier: BSD-3-Clause
// What a configuration that was read again says otherwise than before.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace tcpcopy::runtime {

struct ConfigurationChange {
  std::string name;  ///< the long one
  std::string before;
  std::string after;

  friend bool operator==(const ConfigurationChange&, const ConfigurationChange&) = default;
};

/// @param before, after configurations as --print-config prints them.
std::vector<ConfigurationChange> changes_between(std::string_view before, std::string_view after);

/// Logs each change in a line: that it holds from now on, or that it waits for a restart.
/// @param live the names of what can change while the daemon runs.
void log_changes(const std::vector<ConfigurationChange>& changes,
                 std::initializer_list<std::string_view> live);

}  // namespace tcpcopy::runtime
