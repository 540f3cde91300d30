// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/report.hh"

#include <algorithm>

namespace tcpcopy {

Report& Report::operator+=(const Report& other) {
  for (const Item& item : other.items_) {
    const auto same = std::find_if(items_.begin(), items_.end(), [&](const Item& mine) {
      return mine.figure.name == item.figure.name && mine.of == item.of;
    });
    if (same == items_.end()) {
      items_.push_back(item);
    } else {
      same->value += item.value;
    }
  }
  for (const auto& [figure, times] : other.spreads_) {
    const auto& name = figure.name;
    const auto same = std::find_if(spreads_.begin(), spreads_.end(),
                                   [&](const auto& mine) { return mine.first.name == name; });
    if (same == spreads_.end()) {
      spreads_.emplace_back(figure, times);
    } else {
      same->second += times;
    }
  }
  return *this;
}

bool Report::has(std::string_view name) const {
  return std::any_of(items_.begin(), items_.end(),
                     [&](const Item& item) { return item.figure.name == name; });
}

std::uint64_t Report::sum(std::string_view name) const {
  std::uint64_t sum = 0;
  for (const Item& item : items_) {
    if (item.figure.name == name) sum += item.value;
  }
  return sum;
}

std::uint64_t Report::of(std::string_view name, std::string_view label) const {
  for (const Item& item : items_) {
    if (item.figure.name == name && item.of == label) return item.value;
  }
  return 0;
}

Lag Report::times(std::string_view name) const {
  for (const auto& [figure, times] : spreads_) {
    if (figure.name == name) return times;
  }
  return {};
}

}  // namespace tcpcopy
