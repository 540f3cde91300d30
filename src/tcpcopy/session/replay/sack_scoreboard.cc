// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/replay/sack_scoreboard.hh"

#include <algorithm>

namespace tcpcopy::session {

bool SackScoreboard::add(ReplayRange range) {
  if (range.length() <= 0 || missing(range.begin, range.end) == 0) return false;
  const auto first = std::find_if(ranges_.begin(), ranges_.end(),
                                  [&](const ReplayRange& r) { return r.end >= range.begin; });
  const auto last =
      std::find_if(first, ranges_.end(), [&](const ReplayRange& r) { return r.begin > range.end; });
  if (first != last) {
    range.begin = std::min(range.begin, first->begin);
    range.end = std::max(range.end, std::prev(last)->end);
  } else if (ranges_.size() >= kMaxRanges) {
    return false;
  }
  ranges_.insert(ranges_.erase(first, last), range);
  return true;
}

void SackScoreboard::advance(ReplayOffset una) {
  std::erase_if(ranges_, [&](const ReplayRange& range) { return range.end <= una; });
  if (!ranges_.empty()) ranges_.front().begin = std::max(ranges_.front().begin, una);
}

std::int64_t SackScoreboard::bytes() const {
  std::int64_t sum = 0;
  for (const ReplayRange& range : ranges_)
    sum += range.length();
  return sum;
}

std::optional<ReplayOffset> SackScoreboard::lost_before(std::int64_t threshold) const {
  std::int64_t above = 0;
  // NOLINTNEXTLINE(modernize-loop-convert): Clang 14 cannot compile libstdc++'s reverse_view
  for (auto range = ranges_.rbegin(); range != ranges_.rend(); ++range) {
    above += range->length();
    if (above >= threshold) return range->begin;
  }
  return std::nullopt;
}

std::optional<ReplayRange> SackScoreboard::first_hole(ReplayOffset from, ReplayOffset to) const {
  for (const ReplayRange& range : ranges_) {
    if (range.end <= from) continue;
    if (range.begin > from) {
      to = std::min(to, range.begin);
      break;
    }
    from = range.end;
  }
  if (from >= to) return std::nullopt;
  return ReplayRange{from, to};
}

std::int64_t SackScoreboard::missing(ReplayOffset from, ReplayOffset to) const {
  if (from >= to) return 0;
  std::int64_t covered = 0;
  for (const ReplayRange& range : ranges_) {
    covered += std::max<std::int64_t>(0, std::min(range.end, to) - std::max(range.begin, from));
  }
  return to - from - covered;
}

}  // namespace tcpcopy::session
