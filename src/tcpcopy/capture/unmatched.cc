// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/capture/unmatched.hh"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

namespace tcpcopy::capture {

void Unmatched::add(const Endpoint& destination, bool opens) {
  ++packets_;
  if (counts_.size() == kMaxDestinations && !counts_.contains(destination)) {
    absl::erase_if(counts_, [](auto& entry) { return --entry.second.shrunk == 0; });
    return;
  }
  Count& count = counts_[destination];
  ++count.packets;
  ++count.shrunk;
  if (opens) ++count.connections;
}

std::string Unmatched::most_frequent(std::size_t count) const {
  std::vector<std::pair<Endpoint, Count>> sorted(counts_.begin(), counts_.end());
  const auto rank = [](const auto& entry) {
    return std::tuple(entry.second.connections, entry.second.packets, entry.first);
  };
  std::sort(sorted.begin(), sorted.end(),
            [&](const auto& a, const auto& b) { return rank(b) < rank(a); });
  std::string text;
  for (std::size_t i = 0; i < std::min(count, sorted.size()); ++i) {
    if (i > 0) text += ", ";
    text += fmt::format("{} ({} packets, {} connections)", sorted[i].first.to_string(),
                        sorted[i].second.packets, sorted[i].second.connections);
  }
  if (sorted.size() > count) text += ", …";
  return text;
}

}  // namespace tcpcopy::capture
