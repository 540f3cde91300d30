// SPDX-License-Identifier: BSD-3-Clause
// A report as a line of JSON (RFC 8259), for programs: --statistics-file.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/runtime/log.hh"
#include "tcpcopy/report.hh"

namespace tcpcopy::report {

/// One object, in one line without its end: `time` (RFC 3339, UTC, ms) and `program`, then each
/// figure under its name: a number, or an object by label, or of a spread `median`, `p99` and
/// `greatest` in seconds.
std::string json_line(const Report& report, std::string_view program,
                      std::chrono::system_clock::time_point time);

class JsonLines {
 public:
  /// Throws UsageError when the file cannot be written.
  /// @param path lines are appended to it; empty: nothing is written.
  JsonLines(std::string path, std::string program);

  /// The file is opened for each line, so it may be moved away at any time. What cannot be written
  /// is lost, and the log says so, every minute while that lasts, and when it is over.
  void write(const Report& report);

 private:
  bool append(const std::string& text) const;

  std::string path_;
  std::string program_;
  runtime::LastingFault fault_;
};

}  // namespace tcpcopy::report
