// SPDX-License-Identifier: BSD-3-Clause
// The record in which intercept forwards one response (control channel version 6): 20 bytes of
// IPv4 header, 20 of TCP header, up to 24 of TCP options, zero padded; in the mode with payload up
// to 128 bytes more, which begin right behind the TCP header and its options.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "common/net/packet_parser.hh"
#include "tcpcopy/segment.hh"

namespace tcpcopy::wire {

inline constexpr std::size_t kHeaderRecordSize = 64;
inline constexpr std::size_t kPayloadRecordSize = 192;

/// Writes the record of a captured response. The size of `to` chooses between the two kinds.
/// @param packet parsed with net::Extent::kHeaders or kWhole.
/// @param to kHeaderRecordSize or kPayloadRecordSize bytes, all of which are written.
void encode_response(const net::TcpPacket& packet, std::span<std::byte> to);

/// @param record kHeaderRecordSize or kPayloadRecordSize bytes from a link: hostile.
/// @return the response. Its payload_length is that of the packet on the wire; `payload` is what
///   the record brings when that is the whole of it, else empty.
net::Parsed<Response> decode_response(Bytes record);

}  // namespace tcpcopy::wire
