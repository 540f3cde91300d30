// SPDX-License-Identifier: BSD-3-Clause
// --live: what happens, drawn each second on a terminal; a line a second elsewhere.
#pragma once

#include <optional>
#include <string>

#include "common/runtime/log_tail.hh"
#include "common/runtime/terminal.hh"
#include "tcpcopy/options/options.hh"
#include "tcpcopy/progress.hh"
#include "tcpcopy/screen/screen.hh"

namespace tcpcopy::replayer {

class Live {
 public:
  static constexpr Duration kPeriod = std::chrono::seconds(1);  ///< of show()

  Live(const options::Options& options, Instant start);

  /// @param files how far they have come; empty without files.
  void show(const Report& report, std::string files, Instant now);

 private:
  std::string title_;
  Instant start_;
  screen::History history_;
  std::optional<runtime::LogTail> tail_;  // with a terminal: speaks there when the page is gone
  std::optional<runtime::Terminal> terminal_;
  std::optional<runtime::Output> lines_;  // without one
};

}  // namespace tcpcopy::replayer
