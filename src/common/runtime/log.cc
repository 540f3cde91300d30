// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/log.hh"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string_view>

#include "common/runtime/errors.hh"

namespace tcpcopy::runtime {

namespace {

// Priorities of syslog(3).
int priority_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug:
      return 7;
    case spdlog::level::warn:
      return 4;
    case spdlog::level::err:
      return 3;
    case spdlog::level::critical:
      return 2;
    default:
      return 6;
  }
}

// RFC 8259, 7. What is no ASCII is taken for Latin-1, so that the result is sound whatever a peer
// has put into a line.
void append_quoted(std::string_view text, spdlog::memory_buf_t& to) {
  const auto out = fmt::appender(to);
  to.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      to.push_back('\\');
      to.push_back(c);
    } else if (byte < 0x20 || byte >= 0x7f) {
      fmt::format_to(out, "\\u{:04x}", byte);
    } else {
      to.push_back(c);
    }
  }
  to.push_back('"');
}

std::string_view view(const spdlog::string_view_t& text) { return {text.data(), text.size()}; }

class Json : public spdlog::formatter {
 public:
  explicit Json(bool for_journal) : for_journal_(for_journal) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) override {
    using namespace std::chrono;
    const auto ms = duration_cast<milliseconds>(message.time.time_since_epoch()).count();
    const auto out = fmt::appender(to);
    if (for_journal_) fmt::format_to(out, "<{}>", priority_of(message.level));
    fmt::format_to(out, R"({{"time":"{:%Y-%m-%dT%H:%M:%S}.{:03}Z","level":"{}","program":"{}",)",
                   fmt::gmtime(ms / 1000), ms % 1000,
                   view(spdlog::level::to_string_view(message.level)), view(message.logger_name));
    fmt::format_to(out, "\"message\":");
    append_quoted(view(message.payload), to);
    fmt::format_to(out, "}}\n");
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<Json>(for_journal_);
  }

 private:
  bool for_journal_;
};

// The journal has the time, the program and its number already.
class ForJournal : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) override {
    fmt::format_to(fmt::appender(to), "<{}>{}\n", priority_of(message.level),
                   view(message.payload));
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<ForJournal>();
  }
};

std::shared_ptr<spdlog::sinks::sink> open_file(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  std::error_code unknown;  // as good as no folder
  if (!folder.empty() && !std::filesystem::is_directory(folder, unknown)) {
    throw UsageError("-l " + path + ": there is no folder " + folder.string());
  }
  try {
    return std::make_shared<spdlog::sinks::basic_file_sink_st>(path, false);
  } catch (const spdlog::spdlog_ex& error) {
    throw UsageError("-l " + path + ": cannot open the log file: " + error.what());
  }
}

std::shared_ptr<spdlog::sinks::sink> open_sink(const std::string& program, const std::string& path,
                                               LogFormat format) {
  if (path.empty()) return std::make_shared<spdlog::sinks::stderr_sink_st>();
  if (path != "syslog") return open_file(path);
  return std::make_shared<spdlog::sinks::syslog_sink_st>(program, LOG_PID, LOG_DAEMON,
                                                         format == LogFormat::kJson);
}

}  // namespace

bool is_journal(int fd) {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat of_fd {};
  if (stream == nullptr || ::fstat(fd, &of_fd) != 0) return false;
  return stream == fmt::format("{}:{}", of_fd.st_dev, of_fd.st_ino);
}

void open_log(const std::string& program, const std::string& path, LogFormat format) {
  auto logger = std::make_shared<spdlog::logger>(program, open_sink(program, path, format));
  const bool for_journal = path.empty() && is_journal(STDERR_FILENO);
  if (format == LogFormat::kJson) {
    logger->set_formatter(std::make_unique<Json>(for_journal));
  } else if (for_journal) {
    logger->set_formatter(std::make_unique<ForJournal>());
  } else {
    logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %n %l: %v");
  }
  logger->set_level(spdlog::get_level());
  logger->flush_on(spdlog::level::debug);
  spdlog::set_default_logger(logger);
}

void reopen_log(const std::string& program, const std::string& path, LogFormat format) {
  try {
    open_log(program, path, format);
  } catch (const UsageError& error) {
    spdlog::error("{}; the old one is used on", error.what());
  }
}

bool LastingFault::happens(Instant now) {
  if (!said_) {
    *this = {};
    said_ = true;
    began_at_ = now;
  }
  ++times_;
  if (now < say_at_) return false;
  say_at_ = now + kAgain;
  if (times_ > 1) {
    count_ =
        fmt::format(" ({} times in {} s)", times_, (now - began_at_) / std::chrono::seconds(1));
  }
  return true;
}

}  // namespace tcpcopy::runtime
