// SPDX-License-Identifier: BSD-3-Clause
// Version 7 of the control channel, the same in both directions: messages of
//
//   type (8 bits), 0 (8), length of the body in bytes (16), body
//
// Integers are in network order, addresses IPv6 or IPv4-mapped, times nanoseconds. A reader skips
// types that it does not know and what follows the fields that it knows, so that later versions may
// add some. Bodies:
//
//   1 Hello     version (16), flags (16; 1: single), payload (16), length of about (16), about
//   2 AddRoute  client's address (128) and port (16), target's address (128) and port (16)
//   3 Captured  payload's length (32), of it here (16), IP header's size (8), TCP header's (8);
//               these bytes: IP header, TCP header, payload; when it was captured (64)
//   4 Alive     sent_at (64), heard (64), heard_at (64), packets (64), drops (64)
//   5 Ask       client and target, as of 2
//   6 Tell      client and target; captured (32), came (32), flags of TCP (8), what is known (8; 1:
//               came, 2: whether the filter takes, 4: it does, 8: whether it forwards, 16: it does,
//               32: rp_filter), rp_filter (8), 0 (8)
//
// How two ends agree on it: tcpcopy says version 6 and offers 7 (codec_v6.hh). intercept answers
// with kVersion7Begins, which no frame of version 6 begins with, and its Hello. From then on it
// speaks version 7, and tcpcopy does so behind a second version message of version 6, which says 7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/wire/message.hh"

namespace tcpcopy::wire {

inline constexpr std::uint16_t kVersion7 = 7;
/// The first 16 bits of what an intercept of version 7 says.
inline constexpr std::uint16_t kVersion7Begins = 0xffff;

// Each appends one message.
void encode_v7(const Hello& message, std::vector<std::byte>& to);
void encode_v7(const AddRoute& message, std::vector<std::byte>& to);
/// @param max_payload bytes of it that are sent; the rest is cut off.
void encode_v7(const CapturedHeaders& message, std::size_t max_payload, std::vector<std::byte>& to);
void encode_v7(const Alive& message, std::vector<std::byte>& to);
void encode_v7(const Ask& message, std::vector<std::byte>& to);
void encode_v7(const Tell& message, std::vector<std::byte>& to);

/// Takes the bytes of a link in any number of pieces and gives the messages that it knows.
class DecoderV7 {
 public:
  /// Takes bytes for at most one known message and removes from `from` what it took.
  /// @return a message, whose bytes are valid until the next call or the end of `from`; nothing
  ///   when all bytes were taken before one was complete, or when the link cannot be read.
  std::optional<Message> decode(Bytes& from);

  /// Why the link cannot be read any more, in words.
  const std::optional<std::string>& fault() const { return fault_; }
  /// A message has begun and is not complete.
  bool mid_message() const { return !partial_.empty() && !complete_; }

 private:
  std::optional<Bytes> next(Bytes& from);

  std::vector<std::byte> partial_;
  bool complete_ = false;  // partial_ is the message that was given last
  std::optional<std::string> fault_;
};

}  // namespace tcpcopy::wire
