// SPDX-License-Identifier: BSD-3-Clause
// The configuration file of both daemons: `name = value`, one a line; the value may stand in
// quotes, `#` begins a comment.
#pragma once

#include <CLI/CLI.hpp>
#include <iosfwd>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tcpcopy::runtime {

/// Reads and prints it for CLI11. The app must outlive it.
class ConfigurationFile : public CLI::Config {
 public:
  explicit ConfigurationFile(const CLI::App& app) : app_(app) {}

  /// All that can stand in a file, without what is not in the help, unless it was given.
  std::string to_config(const CLI::App* app, bool default_also, bool write_description,
                        std::string prefix) const override;

  /// Throws UsageError with the file and the line.
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;

  /// @param refusal begins with the option that it is about, as in "-C: '0' is not …".
  /// @return `FILE:LINE: ` when that option's value stands in the file; else nothing.
  std::string place_of(std::string_view refusal) const;

 private:
  std::string place(int line) const;
  CLI::ConfigItem parse(std::string_view text, int line) const;
  void check(const CLI::ConfigItem& item, int line) const;
  const CLI::Option* find(const std::string& name) const;

  const CLI::App& app_;
  mutable std::map<const CLI::Option*, int> lines_;  // CLI11 reads through a const interface
};

}  // namespace tcpcopy::runtime
