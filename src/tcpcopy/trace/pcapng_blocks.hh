// SPDX-License-Identifier: BSD-3-Clause
// The blocks of a pcapng file (draft-ietf-opsawg-pcapng) as bytes: a section, its interfaces, its
// packets. In the host's byte order, which the section header tells the reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tcpcopy/segment.hh"

namespace tcpcopy::trace {

using Block = std::vector<std::byte>;

/// Begins a file. @param application the name and version of the program that writes it.
Block section_header(std::string_view application);

/// Describes where packets come from; the first is interface 0, and so on. Packets begin at the
/// IPv4 header, times are nanoseconds.
Block interface_description(std::string_view name, std::string_view description);

enum class Direction : std::uint8_t { kInbound = 1, kOutbound = 2 };

struct TracedPacket {
  std::uint32_t interface = 0;
  std::uint64_t time = 0;  ///< ns since 1970-01-01 00:00 UTC
  Bytes bytes;
  std::size_t length = 0;  ///< on the wire, of which `bytes` is the beginning
  Direction direction = Direction::kInbound;
  std::string_view comment;
};

Block enhanced_packet(const TracedPacket& packet);

}  // namespace tcpcopy::trace
