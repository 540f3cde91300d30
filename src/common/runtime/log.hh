// SPDX-License-Identifier: BSD-3-Clause
// Where log lines go, and how often.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "tcpcopy/time.hh"

namespace tcpcopy::runtime {

enum class LogFormat : std::uint8_t {
  kText,  ///< time, program and level before the line
  kJson,  ///< an object a line: time, level, program, message
};

/// Sends all that spdlog is given to standard error, to a file or to syslog. Throws UsageError when
/// the file cannot be opened. Where systemd's journal reads standard error, which has times and
/// names of its own, each line is given its priority alone: sd-daemon(3).
/// @param path empty for standard error; `syslog` for that.
void open_log(const std::string& program, const std::string& path,
              LogFormat format = LogFormat::kText);

/// The same for log rotation, while the daemon runs: when the file cannot be opened again, says so
/// in the old one and goes on with it.
void reopen_log(const std::string& program, const std::string& path,
                LogFormat format = LogFormat::kText);

/// Whether the journal reads a descriptor of this process.
bool is_journal(int fd);

/// Lets a line through, then none of its kind for a while, so that a peer which misbehaves a
/// thousand times a second does not fill the disk.
class LogThrottle {
 public:
  explicit LogThrottle(Duration pause = std::chrono::seconds(5)) : pause_(pause) {}

  /// @return whether to log now.
  bool allow(Instant now) {
    if (logged_ && now < next_) {
      ++suppressed_;
      return false;
    }
    logged_ = true;
    next_ = now + pause_;
    return true;
  }

  /// How many lines were held back since the last that was let through; forgets them.
  unsigned take_suppressed() { return std::exchange(suppressed_, 0U); }

 private:
  Duration pause_;
  Instant next_;
  unsigned suppressed_ = 0;
  bool logged_ = false;
};

/// A fault that may last: it is said at once, again every minute with a count, and when it is over.
class LastingFault {
 public:
  static constexpr Duration kAgain = std::chrono::minutes(1);

  /// It has happened, or still holds. @return whether to say so now.
  bool happens(Instant now);

  /// For that line: how often since when, as ` (17 times in 60 s)`; the first time nothing.
  std::string count() const { return count_; }

  /// It holds no more. @return whether it had been said.
  bool end() { return std::exchange(said_, false); }

 private:
  bool said_ = false;
  Instant began_at_;
  Instant say_at_;
  std::uint64_t times_ = 0;
  std::string count_;
};

}  // namespace tcpcopy::runtime
