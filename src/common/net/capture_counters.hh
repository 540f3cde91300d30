// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/net/fragments.hh"
#include "common/net/packet_parser.hh"

namespace tcpcopy::net {

/// What a capture counts, whatever it captures with.
struct CaptureCounters {
  std::uint64_t packets = 0;
  std::uint64_t kernel_drops = 0;       ///< the kernel's buffer was full
  std::uint64_t own_packets = 0;        ///< for a target: this process's, seen again
  std::uint64_t cut_packets = 0;        ///< of those that rules want: without all of their payload
  std::uint64_t cut_bytes = 0;          ///< of their payload, less what came again as a whole
  std::uint64_t bad_checksums = 0;      ///< of those that rules want; see has_bad_checksum()
  std::uint64_t refused_checksums = 0;  ///< of them: that went no further
  std::array<std::uint64_t, kParseErrors> malformed{};  ///< by reason
  Fragments::Counters fragments;

  /// Packets that could not be read though there was something to read; not those of other
  /// protocols than IP and TCP.
  std::uint64_t unread() const {
    std::uint64_t sum = fragments.overlapping + fragments.malformed + fragments.given_up;
    for (std::size_t i = 1; i < kParseErrors; ++i) {
      const auto error = static_cast<ParseError>(i);
      if (error != ParseError::kNotTcp && error != ParseError::kNotIp) sum += malformed[i];
    }
    return sum;
  }

  std::uint64_t& of(ParseError error) { return malformed[static_cast<std::size_t>(error)]; }
  std::uint64_t of(ParseError error) const { return malformed[static_cast<std::size_t>(error)]; }

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
