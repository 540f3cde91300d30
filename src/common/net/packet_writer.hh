// SPDX-License-Identifier: BSD-3-Clause
// Values to the bytes of an IPv4 packet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/net/packet_parser.hh"
#include "tcpcopy/segment.hh"

namespace tcpcopy::net {

/// The largest headers that are ever written.
inline constexpr std::size_t kMaxHeaders = kIpv4HeaderSize + kTcpHeaderSize + kMaxTcpOptions;

/// Writes a whole IPv4 packet, both checksums filled in, not to be fragmented.
/// @param payload the pieces of the payload, segment.payload_length bytes in all.
/// @param identification the IPv4 identification, host byte order.
/// @param to room for kMaxHeaders + segment.payload_length bytes.
/// @return bytes written.
/// REQUIRES: both addresses are IPv4; the packet fits 65,535 bytes.
std::size_t write_packet(const ReplaySegment& segment, std::span<const Bytes> payload,
                         std::uint16_t identification, std::span<std::byte> to);

/// Writes the beginning of an IPv4 packet: what is known of a response, its headers and what there
/// is of its payload. The length in the header is that of the whole packet, the TCP checksum is 0.
/// @param to room for kMaxHeaders + response.payload.size() bytes.
/// @return bytes written.
/// REQUIRES: as above.
std::size_t write_beginning(const Response& response, std::span<std::byte> to);

}  // namespace tcpcopy::net
