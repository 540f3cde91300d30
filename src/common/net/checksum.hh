// SPDX-License-Identifier: BSD-3-Clause
// The Internet checksum (RFC 1071), computed eight bytes at a time over any number of pieces.
#pragma once

#include <cstdint>

#include "tcpcopy/segment.hh"

namespace tcpcopy::net {

class Checksum {
 public:
  /// Adds bytes that stand in the packet as they are. Pieces may have odd lengths.
  void add(Bytes bytes);

  /// Adds one 16-bit word, host byte order. REQUIRES: an even number of bytes were added so far.
  void add_word(std::uint16_t word) { sum_ += word; }

  /// @return the checksum, host byte order, ready for store_be16. Zero when the bytes summed hold
  ///   a correct checksum themselves.
  std::uint16_t value() const;

 private:
  std::uint64_t sum_ = 0;  // of big-endian 16-bit words, folded when read
  bool odd_ = false;       // an odd number of bytes was added so far
};

/// The checksum of a TCP or UDP pseudo header and packet over IPv4 (RFC 9293, 3.1).
/// @param ip_header the IPv4 header, addresses filled in.
/// @param protocol 6 or 17.
/// @param length bytes of the transport header and its payload.
Checksum pseudo_header_v4(Bytes ip_header, std::uint8_t protocol, std::uint16_t length);

}  // namespace tcpcopy::net
