// SPDX-License-Identifier: BSD-3-Clause
// Which bytes in flight the target has reported out of order (RFC 6675, 3).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tcpcopy/sequence.hh"

namespace tcpcopy::session {

/// [begin, end) of what is sent.
struct ReplayRange {
  ReplayOffset begin;
  ReplayOffset end;

  std::int64_t length() const { return end - begin; }
  friend bool operator==(const ReplayRange&, const ReplayRange&) = default;
};

class SackScoreboard {
 public:
  /// More disjoint ranges than this are not remembered: what they say is said again.
  static constexpr std::size_t kMaxRanges = 64;

  /// @return whether any of the range was news.
  bool add(ReplayRange range);

  /// Forgets what lies before `una`.
  void advance(ReplayOffset una);
  void clear() { ranges_.clear(); }
  bool empty() const { return ranges_.empty(); }

  /// The target had the bytes at `una`, and asks for them: it has dropped what it had reported
  /// (RFC 2018, 8).
  bool reneged(ReplayOffset una) const { return !empty() && ranges_.front().begin <= una; }

  /// Bytes reported.
  std::int64_t bytes() const;

  /// The end of what counts as lost: bytes not reported before it have at least `threshold` bytes
  /// reported above them (IsLost() of RFC 6675, 4).
  std::optional<ReplayOffset> lost_before(std::int64_t threshold) const;

  /// The first run of bytes in [from, to) that is not reported.
  std::optional<ReplayRange> first_hole(ReplayOffset from, ReplayOffset to) const;

  /// How many bytes in [from, to) are not reported.
  std::int64_t missing(ReplayOffset from, ReplayOffset to) const;

 private:
  std::vector<ReplayRange> ranges_;  // disjoint, in order, not touching
};

}  // namespace tcpcopy::session
