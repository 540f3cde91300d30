// SPDX-License-Identifier: BSD-3-Clause
// Fragments for tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/net/bytes.hh"
#include "common/net/packet_parser.hh"
#include "tests/support/packet_bytes.hh"

namespace tcpcopy::test {

inline constexpr unsigned kMoreBit = 0x2000;

inline ByteVector long_packet(std::size_t payload = 100) {
  return packet_bytes({.ip_options = bytes({1, 1, 1, 1}), .payload = pattern(payload)});
}

/// @param begin, end in the payload of IPv4; the first is a multiple of 8.
inline ByteVector part(const ByteVector& whole, std::size_t begin, std::size_t end,
                       unsigned identification = 7) {
  const std::size_t header = (std::to_integer<std::size_t>(whole[0]) & 0x0fU) * 4;
  const bool last = header + end >= whole.size();
  end = std::min(end, whole.size() - header);
  ByteVector piece(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(header));
  append(piece, Bytes(whole).subspan(header + begin, end - begin));
  net::store_be16(&piece[2], static_cast<std::uint16_t>(piece.size()));
  net::store_be16(&piece[4], static_cast<std::uint16_t>(identification));
  net::store_be16(&piece[6], static_cast<std::uint16_t>(begin / 8 | (last ? 0 : kMoreBit)));
  return piece;
}

inline std::vector<ByteVector> cut(const ByteVector& whole, std::size_t step,
                                   unsigned identification = 7) {
  std::vector<ByteVector> parts;
  const std::size_t header = (std::to_integer<std::size_t>(whole[0]) & 0x0fU) * 4;
  for (std::size_t at = 0; header + at < whole.size(); at += step)
    parts.push_back(part(whole, at, at + step, identification));
  return parts;
}

/// The packet but for what fragmentation changed of its header.
inline void expect_whole(const std::optional<Bytes>& found, const ByteVector& whole) {
  ASSERT_TRUE(found);
  ByteVector expected = whole;
  net::store_be16(&expected[4], 7);
  net::store_be16(&expected[6], 0);
  EXPECT_EQ(copy(*found), expected);
  EXPECT_TRUE(net::parse_tcp_packet(*found, net::Extent::kWhole));
}

}  // namespace tcpcopy::test
