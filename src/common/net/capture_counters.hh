// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/net/packet_parser.hh"

namespace tcpcopy::net {

/// What a capture counts, whatever it captures with.
struct CaptureCounters {
  std::uint64_t packets = 0;
  std::uint64_t kernel_drops = 0;  ///< the kernel's buffer was full
  std::uint64_t own_packets = 0;   ///< for a target: this process's, seen again
  std::uint64_t cut_packets = 0;   ///< captured without all of their payload
  std::uint64_t cut_bytes = 0;     ///< what they lacked
  std::array<std::uint64_t, kParseErrors> malformed{};

  CaptureCounters& operator+=(const CaptureCounters& other) {
    packets += other.packets;
    kernel_drops += other.kernel_drops;
    own_packets += other.own_packets;
    cut_packets += other.cut_packets;
    cut_bytes += other.cut_bytes;
    for (std::size_t i = 0; i < kParseErrors; ++i)
      malformed[i] += other.malformed[i];
    return *this;
  }
};

}  // namespace tcpcopy::net
