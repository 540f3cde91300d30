// SPDX-License-Identifier: BSD-3-Clause
// Consecutive data segments of one connection in one packet, which a device cuts again
// (TCP segmentation offload): one pass through the kernel for up to 64 KB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tcpcopy/segment.hh"

namespace tcpcopy::net {

class SegmentRun {
 public:
  /// Begins a run with its first segment.
  explicit SegmentRun(const ReplaySegment& first);
  SegmentRun() = default;

  /// Whether the segment's payload may stand behind that of the run: the same connection, numbers
  /// that follow, the same ack, window and options, and all segments but the last of one size.
  bool takes(const ReplaySegment& segment) const;

  /// Takes a segment in. REQUIRES: takes(segment).
  void add(const ReplaySegment& segment);

  /// Segments in the run.
  std::uint32_t count() const { return count_; }
  /// Bytes of payload of each segment but the last.
  std::uint16_t segment_size() const { return static_cast<std::uint16_t>(size_); }

  /// Makes the packet of the first segment, behind which the payloads of the others were put, one
  /// packet of the whole run: its lengths, flags, and the IPv4 checksum. The TCP checksum becomes
  /// the sum of the pseudo header alone, which the device, or the kernel, completes.
  /// @param packet begins at the IPv4 header, as write_packet() writes it.
  void finish(std::span<std::byte> packet) const;

 private:
  ReplaySegment last_;
  std::uint32_t size_ = 0;
  std::uint32_t payload_ = 0;  // bytes, of all
  std::uint32_t count_ = 0;
  bool open_ = false;
};

}  // namespace tcpcopy::net
