// SPDX-License-Identifier: BSD-3-Clause
// The file that configures a module: `name = value`, one a line; the value may stand in quotes, `#`
// begins a comment. It may hold passwords, so one that others than its owner can read is refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/errors.hh"

namespace tcpcopy::modules {

struct ModuleFile {
  struct Line {
    int number = 0;
    std::string name;
    std::string value;
  };

  std::string path;
  std::vector<Line> lines;

  /// What is wrong with a line. Of a value nothing is said: it may be a password.
  runtime::UsageError fault(const Line& line, std::string_view what) const;
  /// The lines `port = N`, which are taken out: where the module is for, as clients know it.
  std::vector<std::uint16_t> take_ports();
};

/// @param path for errors. Throws UsageError, which names the line.
ModuleFile parse_module_file(std::string_view text, const std::string& path);

/// Reads a file. Throws UsageError.
ModuleFile load_module_file(const std::string& path);

/// A value that is `true` or `false`. Throws UsageError.
bool parse_flag(const ModuleFile& file, const ModuleFile::Line& line);

}  // namespace tcpcopy::modules
