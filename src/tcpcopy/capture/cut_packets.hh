// SPDX-License-Identifier: BSD-3-Clause
// What capture has cut of clients' streams, less what came again as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/net/capture_counters.hh"
#include "common/net/ipv4_flow.hh"
#include "tcpcopy/segment.hh"

namespace tcpcopy::capture {

class CutPackets {
 public:
  // Beyond them what was cut stays counted, though it may come again.
  static constexpr std::size_t kMaxFlows = 65536;
  static constexpr std::size_t kMaxRanges = 64;  ///< of a flow

  /// A segment that a rule wants.
  /// @param cut bytes of payload that it had, and has no more: they were not captured as a whole.
  /// @param counters count the packets, and the bytes that did not come otherwise.
  void add(const ClientSegment& segment, std::uint32_t cut, net::CaptureCounters& counters) {
    if (cut == 0 && flows_.empty()) return;
    follow(segment, cut, counters);
  }

 private:
  struct Range {
    std::uint32_t begin = 0;
    std::uint32_t length = 0;
  };
  using Ranges = std::vector<Range>;

  void follow(const ClientSegment& segment, std::uint32_t cut, net::CaptureCounters& counters);
  static std::uint32_t take_out(Ranges& ranges, Range whole);

  absl::flat_hash_map<net::Ipv4Flow, Ranges> flows_;
};

}  // namespace tcpcopy::capture
