// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/checksum.hh"

#include <bit>
#include <cstring>

#include "common/net/bytes.hh"

namespace tcpcopy::net {
namespace {

std::uint64_t add_with_carry(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t sum = a + b;
  return sum + (sum < b ? 1 : 0);
}

std::uint16_t fold(std::uint64_t sum) {
  while (sum >> 16U != 0)
    sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(sum);
}

std::uint16_t swap(std::uint16_t word) {
  return static_cast<std::uint16_t>(word << 8U | word >> 8U);
}

// The one's complement sum of the bytes as big-endian words. Summing native words and swapping the
// result is the same (RFC 1071, 2.B), and takes eight bytes a step.
std::uint16_t sum_of(Bytes bytes) {
  std::uint64_t sum = 0;
  while (bytes.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    sum = add_with_carry(sum, word);
    bytes = bytes.subspan(sizeof word);
  }
  std::uint64_t rest = 0;
  if (!bytes.empty()) std::memcpy(&rest, bytes.data(), bytes.size());
  const std::uint16_t native = fold(add_with_carry(sum, rest));
  return std::endian::native == std::endian::little ? swap(native) : native;
}

}  // namespace

void Checksum::add(Bytes bytes) {
  const std::uint16_t sum = sum_of(bytes);
  sum_ += odd_ ? swap(sum) : sum;
  if (bytes.size() % 2 != 0) odd_ = !odd_;
}

std::uint16_t Checksum::value() const { return static_cast<std::uint16_t>(~fold(sum_)); }

Checksum pseudo_header_v4(Bytes ip_header, std::uint8_t protocol, std::uint16_t length) {
  Checksum checksum;
  checksum.add(ip_header.subspan(12, 8));
  checksum.add_word(protocol);
  checksum.add_word(length);
  return checksum;
}

}  // namespace tcpcopy::net
