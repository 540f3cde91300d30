// SPDX-License-Identifier: BSD-3-Clause
// Integers in network byte order, read and written without regard to alignment.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tcpcopy/segment.hh"

namespace tcpcopy::net {

// REQUIRES of all: `at` points at enough bytes for the integer.

constexpr std::uint16_t load_be16(const std::byte* at) {
  return static_cast<std::uint16_t>(std::to_integer<std::uint16_t>(at[0]) << 8U |
                                    std::to_integer<std::uint16_t>(at[1]));
}

constexpr std::uint32_t load_be32(const std::byte* at) {
  return static_cast<std::uint32_t>(load_be16(at)) << 16U | load_be16(at + 2);
}

constexpr void store_be16(std::byte* at, std::uint16_t value) {
  at[0] = static_cast<std::byte>(value >> 8U);
  at[1] = static_cast<std::byte>(value & 0xffU);
}

constexpr void store_be32(std::byte* at, std::uint32_t value) {
  store_be16(at, static_cast<std::uint16_t>(value >> 16U));
  store_be16(at + 2, static_cast<std::uint16_t>(value & 0xffffU));
}

constexpr std::uint64_t load_be64(const std::byte* at) {
  return static_cast<std::uint64_t>(load_be32(at)) << 32U | load_be32(at + 4);
}

constexpr void store_be64(std::byte* at, std::uint64_t value) {
  store_be32(at, static_cast<std::uint32_t>(value >> 32U));
  store_be32(at + 4, static_cast<std::uint32_t>(value & 0xffffffffU));
}

}  // namespace tcpcopy::net
