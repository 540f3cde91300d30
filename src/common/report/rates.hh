// SPDX-License-Identifier: BSD-3-Clause
// What totals have grown by in a second, beside the log lines that give the totals.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tcpcopy/report.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::report {

class Rates {
 public:
  /// A word of the line, and the total behind it. No colon follows the word: scripts find the
  /// totals by theirs.
  struct Word {
    std::string_view text;
    std::string_view figure;
  };

  /// @param start when all totals were 0.
  Rates(std::vector<Word> words, Instant start) : words_(std::move(words)), at_(start) {}

  /// @return `per second, in the last 30.0 s: bytes sent 12.3, …`, since the call before; nothing
  /// so
  ///   soon after it that no rate could be told, and nothing of a report that has none of the
  ///   words.
  std::string text(const Report& report, Instant now);

 private:
  std::vector<Word> words_;
  Report before_;
  Instant at_;
};

}  // namespace tcpcopy::report
