// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/ipv4_header.hh"

#include "common/net/bytes.hh"
#include "common/net/checksum.hh"

namespace tcpcopy::net {
namespace {

constexpr std::uint8_t kVersionAndLength = 0x45;
constexpr std::uint8_t kTimeToLive = 64;  // RFC 1700's default, and Linux's

}  // namespace

void write_ipv4_header(const Ipv4Fields& fields, std::size_t length, std::span<std::byte> header) {
  std::byte* at = header.data();
  at[0] = static_cast<std::byte>(kVersionAndLength);
  at[1] = std::byte{0};
  store_be16(at + 4, fields.identification);
  store_be16(at + 6, fields.fragmentation);
  at[8] = static_cast<std::byte>(kTimeToLive);
  at[9] = static_cast<std::byte>(fields.protocol);
  store_be32(at + 12, fields.source.v4_bits());
  store_be32(at + 16, fields.destination.v4_bits());
  finish_ipv4_header(length, header);
}

void finish_ipv4_header(std::size_t length, std::span<std::byte> header) {
  store_be16(&header[2], static_cast<std::uint16_t>(length));
  store_be16(&header[10], 0);
  Checksum checksum;
  checksum.add(header);
  store_be16(&header[10], checksum.value());
}

}  // namespace tcpcopy::net
