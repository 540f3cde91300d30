// SPDX-License-Identifier: BSD-3-Clause
#include "common/report/rates.hh"

#include <fmt/format.h>

namespace tcpcopy::report {
namespace {

constexpr Duration kLeast = std::chrono::milliseconds(100);  // below it a rate says nothing

}  // namespace

std::string Rates::text(const Report& report, Instant now) {
  const double seconds = std::chrono::duration<double>(now - at_).count();
  if (now - at_ < kLeast) return {};
  std::string line;
  for (const Word& word : words_) {
    if (!report.has(word.figure)) continue;
    const std::uint64_t grown = report.sum(word.figure) - before_.sum(word.figure);
    line += fmt::format("{} {} {:.1f}", line.empty() ? "" : ",", word.text,
                        static_cast<double>(grown) / seconds);
  }
  before_ = report;
  at_ = now;
  return line.empty() ? line : fmt::format("per second, in the last {:.1f} s:{}", seconds, line);
}

}  // namespace tcpcopy::report
