// SPDX-License-Identifier: BSD-3-Clause
// The figures of a process at a moment. Each room says what it counts, once; who shows them (log
// lines, a file, a screen) knows a figure by its name alone.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "tcpcopy/lag.hh"

namespace tcpcopy {

/// What a figure is. All texts are literals: they outlive every report.
struct Figure {
  std::string_view name;        ///< `bytes_lost`
  std::string_view unit;        ///< what is counted: `bytes`
  std::string_view help;        ///< what it means, in a line
  std::string_view label = {};  ///< what its values are told apart by: `reason`; empty: it has one
};

class Report {
 public:
  struct Item {
    Figure figure;
    std::string_view of;  ///< the label's value: `half-open`
    std::uint64_t value = 0;
    bool is_total = true;  ///< since the start; else it is now so
  };

  /// Counted since the start.
  void total(const Figure& figure, std::uint64_t value, std::string_view of = {}) {
    items_.push_back({figure, of, value, true});
  }
  /// At this moment.
  void now(const Figure& figure, std::uint64_t value, std::string_view of = {}) {
    items_.push_back({figure, of, value, false});
  }
  /// How times are spread, since the start.
  void spread(const Figure& figure, const Lag& times) { spreads_.emplace_back(figure, times); }

  /// Of several workers: figures of the same name and label are summed up, others stand beside each
  /// other.
  Report& operator+=(const Report& other);

  /// In the order in which they were said.
  const std::vector<Item>& items() const { return items_; }
  const std::vector<std::pair<Figure, Lag>>& spreads() const { return spreads_; }

  bool has(std::string_view name) const;
  /// The figure's value, the sum where it has a label; 0 without such a figure.
  std::uint64_t sum(std::string_view name) const;
  /// The value of one of its label; 0 without it.
  std::uint64_t of(std::string_view name, std::string_view label) const;
  /// Nothing was noted without such a figure.
  Lag times(std::string_view name) const;

 private:
  std::vector<Item> items_;
  std::vector<std::pair<Figure, Lag>> spreads_;
};

}  // namespace tcpcopy
