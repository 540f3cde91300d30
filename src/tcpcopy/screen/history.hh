// SPDX-License-Identifier: BSD-3-Clause
// The reports of the last seconds: what a rate is told of.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>

#include "tcpcopy/report.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::screen {

/// What totals have grown by between two reports.
class Span {
 public:
  Span(const Report& from, const Report& to, Duration time) : from_(&from), to_(&to), time_(time) {}

  std::uint64_t grown(std::string_view figure) const {
    return to_->sum(figure) - from_->sum(figure);
  }
  /// In a second; 0 when there was no time.
  double rate(std::string_view figure) const;
  Lag times(std::string_view figure) const { return to_->times(figure) - from_->times(figure); }
  Duration time() const { return time_; }

 private:
  const Report* from_;
  const Report* to_;
  Duration time_;
};

class History {
 public:
  /// How many reports are kept, and how much time the longer span has at least, if there was so
  /// much.
  static constexpr std::size_t kKept = 12;
  static constexpr Duration kLonger = std::chrono::seconds(10);

  /// @param start when all was 0.
  explicit History(Instant start) { moments_.push_back({start, Report()}); }

  void add(const Report& report, Instant now);

  const Report& latest() const { return moments_.back().report; }
  /// From the report before the latest to that; from ten seconds before.
  Span last() const;
  Span longer() const;

 private:
  struct Moment {
    Instant at;
    Report report;
  };
  Span since(const Moment& from) const {
    return {from.report, latest(), moments_.back().at - from.at};
  }

  std::deque<Moment> moments_;  // the oldest first
};

}  // namespace tcpcopy::screen
