// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/live.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "tcpcopy/version.hh"

namespace tcpcopy::replayer {
namespace {

std::string title_of(const options::Options& options) {
  std::string text = fmt::format("tcpcopy {}:", kProgramVersion);
  for (const TargetRule& rule : options.rules) {
    const std::string online =
        rule.online_address ? rule.online_address->to_string() + ":" : std::string();
    text += fmt::format(" {}{}-{}", online, rule.online_port, rule.target.to_string());
  }
  return text;
}

std::string_view begin_of(screen::Style style) {
  switch (style) {
    case screen::Style::kPlain:
      break;
    case screen::Style::kHead:
      return "\033[7m";  // reversed
    case screen::Style::kBad:
      return "\033[33m";  // yellow
  }
  return "";
}

}  // namespace

Live::Live(const options::Options& options, Instant start)
    : title_(title_of(options)), start_(start), history_(start) {
  if (runtime::Terminal::there()) {
    tail_.emplace();
    terminal_.emplace();
  } else {
    lines_.emplace();
  }
}

void Live::show(const Report& report, std::string files, Instant now) {
  history_.add(report, now);
  screen::Around around{title_, now - start_, std::move(files), {}};
  if (lines_) {
    lines_->offer(screen::line_of(history_, around) + "\n");
    return;
  }
  tail_->follow();
  around.warnings = tail_->warnings();
  const runtime::Terminal::Size size = terminal_->size();
  std::string page;
  for (const screen::Line& line : screen::draw(history_, around, {size.columns, size.rows})) {
    const std::string_view begin = begin_of(line.style);
    page.append(begin).append(line.text).append(begin.empty() ? "\n" : "\033[0m\n");
  }
  terminal_->show(page);
}

}  // namespace tcpcopy::replayer
