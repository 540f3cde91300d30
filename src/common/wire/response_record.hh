// SPDX-License-Identifier: BSD-3-Clause
// The record in which intercept forwards one response (control channel version 6): 20 bytes of
// IPv4 header, 20 of TCP header, up to 24 of TCP options, zero padded; in the mode with payload 128
// bytes more. The payload begins right behind the TCP header and its options, and what has no room
// is cut off; a 1.x intercept leaves a payload of more than 128 bytes out, and zeros in its place.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "common/wire/message.hh"

namespace tcpcopy::wire {

inline constexpr std::size_t kHeaderRecordSize = 64;
inline constexpr std::size_t kPayloadRecordSize = 192;

/// Bytes of payload in a record at most, and how many a 1.x intercept takes for so many that it
/// leaves them out.
inline constexpr std::size_t kMaxRecordPayload = 152;
inline constexpr std::size_t kMaxOldRecordPayload = 128;

/// Writes the record of a captured response. The size of `to` chooses between the two kinds.
/// @param response at least 20 bytes of its IPv4 header.
/// @param to kHeaderRecordSize or kPayloadRecordSize bytes, all of which are written.
void encode_response(const CapturedHeaders& response, std::span<std::byte> to);

/// @param record kHeaderRecordSize or kPayloadRecordSize bytes from a link: hostile.
/// @return the headers that it claims to hold; nothing is proven before to_response(). The payload
///   is what the record brings of it: the beginning, or nothing.
CapturedHeaders decode_record(Bytes record);

}  // namespace tcpcopy::wire
