// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>

#include "common/net/packet_parser.hh"

namespace tcpcopy::net {

/// What a capture counts, whatever it captures with.
struct CaptureCounters {
  std::uint64_t packets = 0;
  std::uint64_t kernel_drops = 0;  ///< the kernel's buffer was full
  std::uint64_t cut_packets = 0;   ///< captured without all of their payload
  std::uint64_t cut_bytes = 0;     ///< what they lacked
  std::array<std::uint64_t, kParseErrors> malformed{};
};

}  // namespace tcpcopy::net
