// SPDX-License-Identifier: BSD-3-Clause
// The options of a TCP header, between bytes and values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tcpcopy/segment.hh"

namespace tcpcopy::net {

/// At most this many bytes of options fit a TCP header (RFC 9293, 3.1).
inline constexpr std::size_t kMaxTcpOptions = 40;

struct SackRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

struct ParsedOptions {
  TcpOptions options;
  std::array<SackRange, kMaxSackBlocks> sacks;
  std::uint8_t sack_count = 0;
};

/// @param bytes the option bytes of a header, or their beginning (the control channel carries 24 of
///   40).
/// @return what was understood, up to an option with a length below 2, or one that reaches beyond
///   the end.
ParsedOptions parse_tcp_options(Bytes bytes);

/// Writes options and SACK blocks, padded to a multiple of 4.
/// @param to room for kMaxTcpOptions bytes.
/// @return bytes written. SACK blocks that find no room are left out.
std::size_t write_tcp_options(const TcpOptions& options, std::span<const SackRange> sacks,
                              std::span<std::byte> to);

}  // namespace tcpcopy::net
