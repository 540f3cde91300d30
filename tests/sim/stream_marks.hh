// SPDX-License-Identifier: BSD-3-Clause
// Which bytes of a stream something has happened to.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace tcpcopy::sim {

class StreamMarks {
 public:
  void mark(std::size_t from, std::size_t count) {
    if (marks_.size() < from + count) marks_.resize(from + count);
    std::fill_n(marks_.begin() + static_cast<std::ptrdiff_t>(from), count, true);
  }
  /// Whether all bytes in [from, to) are marked.
  bool all(std::size_t from, std::size_t to) const {
    if (to > marks_.size()) return from >= to;
    const auto at = [&](std::size_t place) {
      return marks_.begin() + static_cast<std::ptrdiff_t>(place);
    };
    return std::find(at(from), at(to), false) == at(to);
  }

 private:
  std::vector<bool> marks_;
};

}  // namespace tcpcopy::sim
