// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/capture/cut_packets.hh"

#include <algorithm>

namespace tcpcopy::capture {

// What is cut for the second time is taken out before it is added.
void CutPackets::follow(const ClientSegment& segment, std::uint32_t cut,
                        net::CaptureCounters& counters) {
  const net::Ipv4Flow flow(segment.source, segment.destination);
  auto found = flows_.find(flow);
  if (segment.flags.syn() && found != flows_.end()) {  // another connection
    flows_.erase(found);
    found = flows_.end();
  }
  // A segment that was cut has lost its payload, and stands behind it.
  const std::uint32_t length = cut == 0 ? segment.payload_length : cut;
  const std::uint32_t begin = segment.flags.syn() ? segment.seq.raw + 1 : segment.seq.raw - cut;
  const Range range{begin, length};
  if (found != flows_.end() && length > 0) {
    counters.cut_bytes -= take_out(found->second, range);
    if (found->second.empty() && cut == 0) flows_.erase(found);
  }
  if (cut == 0) return;
  ++counters.cut_packets;
  counters.cut_bytes += cut;
  if (found == flows_.end()) {
    if (flows_.size() == kMaxFlows) return;
    found = flows_.emplace(flow, Ranges{}).first;
  }
  if (found->second.size() < kMaxRanges) found->second.push_back(range);
}

// @return how many bytes of the ranges the whole one had.
std::uint32_t CutPackets::take_out(Ranges& ranges, Range whole) {
  std::uint32_t taken = 0;
  Ranges left;
  for (const Range& range : ranges) {
    // Numbers wrap; what stands around a range is compared with its beginning (RFC 9293, 3.4).
    const auto begin =
        std::max<std::int64_t>(static_cast<std::int32_t>(whole.begin - range.begin), 0);
    const auto end = std::min<std::int64_t>(
        std::int64_t{static_cast<std::int32_t>(whole.begin - range.begin)} + whole.length,
        range.length);
    if (begin >= end) {
      left.push_back(range);
      continue;
    }
    taken += static_cast<std::uint32_t>(end - begin);
    if (begin > 0) left.push_back({range.begin, static_cast<std::uint32_t>(begin)});
    if (end < range.length) {
      left.push_back({range.begin + static_cast<std::uint32_t>(end),
                      range.length - static_cast<std::uint32_t>(end)});
    }
  }
  ranges = std::move(left);
  return taken;
}

}  // namespace tcpcopy::capture
