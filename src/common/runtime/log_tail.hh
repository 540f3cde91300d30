// SPDX-License-Identifier: BSD-3-Clause
// The last warnings of the log, for a page that the log itself would spoil.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace spdlog {
class logger;
}  // namespace spdlog

namespace tcpcopy::runtime {

/// While it lives it hears what is logged, and standard error shows nothing of it where that is a
/// terminal. Then the warnings of that time follow there.
class LogTail {
 public:
  static constexpr std::size_t kKept = 100;

  LogTail();
  ~LogTail();
  LogTail(const LogTail&) = delete;
  LogTail& operator=(const LogTail&) = delete;
  LogTail(LogTail&&) = delete;
  LogTail& operator=(LogTail&&) = delete;

  /// Hears the log that there is now, if it was opened anew.
  void follow();

  /// `12:34:56 warning: …`, the latest last.
  std::vector<std::string> warnings() const;

 private:
  class Sink;

  void leave();

  std::shared_ptr<Sink> sink_;
  std::shared_ptr<spdlog::logger> heard_;
  bool muted_ = false;  // what goes to standard error
};

}  // namespace tcpcopy::runtime
