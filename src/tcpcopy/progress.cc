// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/progress.hh"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace tcpcopy {
namespace {

using namespace std::chrono_literals;

constexpr int kBarWidth = 20;

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

std::string clock_text(double time) {
  const auto whole = static_cast<long>(time);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace

std::string progress_text(const capture::ClientCapture::Progress& progress,
                          const session::Ledger& ledger, double speed, Duration elapsed) {
  std::string text =
      fmt::format("{} in the file, speed {:.1f}, sessions {} ({} active), packets {}",
                  clock_text(seconds(progress.time)), speed, ledger.sessions_opened,
                  ledger.sessions_live, ledger.captured.packets);
  if (progress.passes > 1) text += fmt::format(", pass {}/{}", progress.pass, progress.passes);
  if (progress.share && *progress.share > 0) {
    const double left = seconds(elapsed) * (1 - *progress.share) / *progress.share;
    text += fmt::format(", {:.0f} %, ends in {}", 100 * *progress.share, clock_text(left));
  }
  return text;
}

ProgressReport::ProgressReport(Instant start)
    : terminal_(::isatty(STDERR_FILENO) == 1), start_(start), last_(start) {}

Duration ProgressReport::period() const { return terminal_ ? Duration(500ms) : Duration(5s); }

void ProgressReport::show(const capture::ClientCapture::Progress& progress,
                          const session::Ledger& ledger, Instant now) {
  const Duration passed = std::max<Duration>(progress.time - last_time_, 0s);
  const double speed = now > last_ ? seconds(passed) / seconds(now - last_) : 0;
  last_ = now;
  last_time_ = progress.time;
  const std::string text = progress_text(progress, ledger, speed, now - start_);
  if (!terminal_) {
    spdlog::info("progress: {}", text);
    return;
  }
  const auto filled = static_cast<int>(std::lround(progress.share.value_or(0) * kBarWidth));
  // The cursor goes back to the start of the line: a log line then overwrites the bar.
  fmt::print(stderr, "\033[K[{:#<{}}{:.<{}}] {}\r", "", filled, "", kBarWidth - filled, text);
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressReport::clear() const {
  if (drawn_) fmt::print(stderr, "\033[K");
}

}  // namespace tcpcopy
