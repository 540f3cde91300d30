// SPDX-License-Identifier: BSD-3-Clause
// IPv4 headers (RFC 791, 3.1) that are written: without options.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tcpcopy/address.hh"

namespace tcpcopy::net {

// In the word of flags and fragment offset, host byte order.
inline constexpr std::uint16_t kDontFragment = 0x4000;
inline constexpr std::uint16_t kMoreFragments = 0x2000;

struct Ipv4Fields {
  Address source;
  Address destination;
  std::uint8_t protocol = 0;
  std::uint16_t identification = 0;  ///< host byte order
  std::uint16_t fragmentation = 0;   ///< flags and fragment offset, host byte order
};

/// Writes a header with its checksum.
/// @param length bytes of the whole packet, at most 65,535.
/// @param header kIpv4HeaderSize bytes.
/// REQUIRES: both addresses are IPv4.
void write_ipv4_header(const Ipv4Fields& fields, std::size_t length, std::span<std::byte> header);

/// Gives a header that was written another length, and the checksum for all that stands in it now.
void finish_ipv4_header(std::size_t length, std::span<std::byte> header);

}  // namespace tcpcopy::net
