// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/progress.hh"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <vector>

namespace tcpcopy::replayer {
namespace {

using namespace std::chrono_literals;

constexpr int kBarWidth = 20;
constexpr Duration kLongGap = 5s;       // in the files: it is told
constexpr std::size_t kLineWidth = 79;  // of 80: in the last column a terminal may wrap

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

std::string clock_text(double time) {
  const auto whole = static_cast<long>(time);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

// A file that grows while it is read may have given more than its size was.
double share_of(const capture::Progress& progress) {
  return std::clamp(progress.share.value_or(0), 0.0, 1.0);
}

// What is left, unless that cannot be told: nothing has been replayed yet, or nothing is being
// read.
std::optional<double> time_left(const capture::Progress& progress, Duration elapsed,
                                const std::string& wait) {
  const double share = share_of(progress);
  if (share == 0 || progress.time == Duration(0) || !wait.empty()) return std::nullopt;
  return seconds(elapsed) * (1 - share) / share;
}

}  // namespace

std::string describe(const FileWait& wait, const Report& report, Instant now) {
  if (wait.for_link) return "waits for an intercept";
  if (wait.for_ends)
    return fmt::format("waits for {} sessions to end", report.sum("sessions_live"));
  if (wait.for_target) return "waits for the target";
  if (wait.due == kNever || wait.due - now < kLongGap) return {};
  return fmt::format("next packet in {}", clock_text(seconds(wait.due - now)));
}

std::string progress_text(const capture::Progress& progress, const Report& report, double speed,
                          Duration elapsed, const std::string& wait) {
  std::string text =
      fmt::format("{} in the file, speed {:.1f}, sessions {} ({} active), packets {}",
                  clock_text(seconds(progress.time)), speed, report.sum("sessions_opened"),
                  report.sum("sessions_live"), report.sum("packets_captured"));
  if (progress.passes > 1) text += fmt::format(", pass {}/{}", progress.pass, progress.passes);
  if (const double share = share_of(progress); share > 0) {
    text += fmt::format(", {:.0f} %", 100 * share);
  }
  if (const auto left = time_left(progress, elapsed, wait)) {
    text += fmt::format(", ends in {}", clock_text(*left));
  }
  if (!wait.empty()) text += ", " + wait;
  return text;
}

std::string progress_bar(const capture::Progress& progress, const Report& report, double speed,
                         Duration elapsed, const std::string& wait) {
  const double share = share_of(progress);
  const auto filled = static_cast<int>(std::lround(share * kBarWidth));
  std::string line = fmt::format("[{:#<{}}{:.<{}}]", "", filled, "", kBarWidth - filled);
  std::vector<std::string> parts;
  if (share > 0) parts.push_back(fmt::format(" {:.0f} %", 100 * share));
  if (const auto left = time_left(progress, elapsed, wait)) {
    parts.push_back(fmt::format(" {} left", clock_text(*left)));
  }
  if (!wait.empty()) parts.push_back(" " + wait);
  parts.push_back(fmt::format(" at {}", clock_text(seconds(progress.time))));
  parts.push_back(fmt::format(" speed {:.1f}", speed));
  if (progress.passes > 1)
    parts.push_back(fmt::format(" pass {}/{}", progress.pass, progress.passes));
  parts.push_back(fmt::format(" active {}", report.sum("sessions_live")));
  for (const std::string& part : parts) {
    if (line.size() + part.size() > kLineWidth) break;
    line += part;
  }
  return line;
}

ProgressReport::ProgressReport(Instant start)
    : terminal_(::isatty(STDERR_FILENO) == 1), start_(start), last_(start) {}

Duration ProgressReport::period() const { return terminal_ ? Duration(500ms) : Duration(5s); }

void ProgressReport::show(const capture::Progress& progress, const Report& report,
                          const FileWait& wait, Instant now) {
  if (!terminal_) {
    const std::string waits = describe(wait, report, now);
    spdlog::info("progress: {}",
                 progress_text(progress, report, speed(progress, now), now - start_, waits));
    return;
  }
  // The cursor goes back to the start of the line: a log line then overwrites the bar.
  fmt::print(stderr, "\033[K{}\r", bar(progress, report, wait, now));
  std::fflush(stderr);
  drawn_ = true;
}

double ProgressReport::speed(const capture::Progress& progress, Instant now) {
  const Duration passed = std::max<Duration>(progress.time - last_time_, 0s);
  const double speed = now > last_ ? seconds(passed) / seconds(now - last_) : 0;
  last_ = now;
  last_time_ = progress.time;
  return speed;
}

std::string ProgressReport::bar(const capture::Progress& progress, const Report& report,
                                const FileWait& wait, Instant now) {
  return progress_bar(progress, report, speed(progress, now), now - start_,
                      describe(wait, report, now));
}

void ProgressReport::clear() const {
  if (drawn_) fmt::print(stderr, "\033[K");
}

}  // namespace tcpcopy::replayer
