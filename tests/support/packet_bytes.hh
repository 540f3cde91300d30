// SPDX-License-Identifier: BSD-3-Clause
// Bytes for tests, put together without the code that the tests judge.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <string_view>
#include <vector>

#include "common/net/packet_parser.hh"
#include "common/wire/message.hh"
#include "tcpcopy/address.hh"
#include "tcpcopy/segment.hh"

namespace tcpcopy::net {

// GoogleTest's name for a printer of a type.
// NOLINTNEXTLINE(readability-identifier-naming)
inline void PrintTo(ParseError error, std::ostream* out) { *out << to_string(error); }

}  // namespace tcpcopy::net

namespace tcpcopy::test {

using ByteVector = std::vector<std::byte>;

inline ByteVector bytes(std::initializer_list<unsigned> values) {
  ByteVector result;
  for (const unsigned value : values)
    result.push_back(static_cast<std::byte>(value));
  return result;
}

inline ByteVector bytes(std::string_view text) {
  ByteVector result;
  for (const char c : text)
    result.push_back(static_cast<std::byte>(c));
  return result;
}

inline ByteVector copy(Bytes view) { return {view.begin(), view.end()}; }

inline void append(ByteVector& to, Bytes more) { to.insert(to.end(), more.begin(), more.end()); }

inline void append16(ByteVector& to, unsigned value) {
  append(to, bytes({value >> 8U & 0xffU, value & 0xffU}));
}

inline void append32(ByteVector& to, std::uint32_t value) {
  append16(to, value >> 16U);
  append16(to, value & 0xffffU);
}

/// What has to be encoded for a record of these very bytes: they need be no packet.
inline wire::CapturedHeaders headers_in(Bytes record) {
  const Bytes payload = record.size() > 64 ? record.subspan(64) : Bytes();
  return {record.first(20), record.subspan(20, 44), payload,
          static_cast<std::uint32_t>(payload.size())};
}

/// Bytes that differ from their neighbours, so that a shifted copy does not pass for the original.
inline ByteVector pattern(std::size_t size) {
  ByteVector result;
  for (std::size_t i = 0; i < size; ++i)
    result.push_back(static_cast<std::byte>((i * 7 + i / 251) & 0xffU));
  return result;
}

/// A response of a target; the defaults are those of a small packet without options.
struct PacketFields {
  Endpoint source{Address::v4(0x0a00001e), 8080};
  Endpoint destination{Address::v4(0x3e87c801), 40000};
  std::uint32_t seq = 0x11223344;
  std::uint32_t ack = 0x55667788;
  std::uint8_t flags = TcpFlags::kAck;
  std::uint16_t window = 512;
  std::uint16_t urgent = 0;
  ByteVector ip_options{};   // a multiple of 4
  ByteVector tcp_options{};  // a multiple of 4
  ByteVector payload{};
};

/// A well-formed IPv4 packet, checksums zero. Tests that need a malformed one spoil its bytes.
inline ByteVector packet_bytes(const PacketFields& fields) {
  const auto ip_length = static_cast<unsigned>(20 + fields.ip_options.size());
  const auto tcp_length = static_cast<unsigned>(20 + fields.tcp_options.size());
  ByteVector packet = bytes({0x40U | ip_length / 4, 0});
  append16(packet, ip_length + tcp_length + static_cast<unsigned>(fields.payload.size()));
  append(packet, bytes({0x12, 0x34, 0x40, 0, 64, 6, 0, 0}));  // DF, TTL 64, TCP
  append32(packet, fields.source.address.v4_bits());
  append32(packet, fields.destination.address.v4_bits());
  append(packet, fields.ip_options);
  append16(packet, fields.source.port);
  append16(packet, fields.destination.port);
  append32(packet, fields.seq);
  append32(packet, fields.ack);
  append(packet, bytes({tcp_length / 4 << 4U, fields.flags}));
  append16(packet, fields.window);
  append16(packet, 0);  // checksum
  append16(packet, fields.urgent);
  append(packet, fields.tcp_options);
  append(packet, fields.payload);
  return packet;
}

}  // namespace tcpcopy::test
