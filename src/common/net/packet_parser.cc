// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/packet_parser.hh"

#include <algorithm>

#include "common/net/bytes.hh"
#include "common/net/ipv4_header.hh"

namespace tcpcopy::net {
namespace {

constexpr std::uint16_t kFragmentOffset = 0x1fff;
constexpr std::size_t kWord = 4;  // IHL and data offset count 32-bit words

std::uint8_t byte_at(Bytes bytes, std::size_t at) {
  return std::to_integer<std::uint8_t>(bytes[at]);
}

template <typename T>
Parsed<T> failed(ParseError error) {
  return {T{}, error};
}

}  // namespace

std::string_view to_string(ParseError error) {
  switch (error) {
    case ParseError::kNone:
      return "none";
    case ParseError::kTruncated:
      return "truncated";
    case ParseError::kNotIpv4:
      return "not-ipv4";
    case ParseError::kBadHeaderLength:
      return "bad-header-length";
    case ParseError::kBadTotalLength:
      return "bad-total-length";
    case ParseError::kFragment:
      return "fragment";
    case ParseError::kNotTcp:
      return "not-tcp";
    case ParseError::kBadDataOffset:
      return "bad-data-offset";
    case ParseError::kIpv6:
      return "ipv6";
    case ParseError::kNotIp:
      return "not-ip";
    case ParseError::kUnknownProtocol:
      return "unknown-protocol";
    case ParseError::kTooDeep:
      return "nested-too-deep";
  }
  return "unknown";
}

Parsed<Ipv4Header> parse_ipv4_header(Bytes bytes, std::uint8_t protocol, std::size_t length) {
  using Result = Ipv4Header;
  if (bytes.empty()) return failed<Result>(ParseError::kTruncated);
  if (const unsigned version = byte_at(bytes, 0) >> 4U; version != 4) {
    return failed<Result>(version == 6 ? ParseError::kIpv6 : ParseError::kNotIpv4);
  }
  if (bytes.size() < kIpv4HeaderSize) return failed<Result>(ParseError::kTruncated);

  Ipv4Header ip;
  ip.header_length = static_cast<std::uint8_t>((byte_at(bytes, 0) & 0x0fU) * kWord);
  if (ip.header_length < kIpv4HeaderSize) return failed<Result>(ParseError::kBadHeaderLength);
  ip.total_length = load_be16(&bytes[2]);
  if (ip.total_length == 0 && length > kLongestPadded) {
    ip.total_length = static_cast<std::uint32_t>(length);
  }
  if (ip.total_length < ip.header_length) return failed<Result>(ParseError::kBadTotalLength);
  if ((load_be16(&bytes[6]) & (kMoreFragments | kFragmentOffset)) != 0) {
    return failed<Result>(ParseError::kFragment);
  }
  if (byte_at(bytes, 9) != protocol) return failed<Result>(ParseError::kNotTcp);
  ip.source = Address::v4(load_be32(&bytes[12]));
  ip.destination = Address::v4(load_be32(&bytes[16]));
  return {ip};
}

Parsed<TcpHeader> parse_tcp_header(Bytes bytes, bool cut) {
  using Result = TcpHeader;
  if (bytes.size() < kTcpHeaderSize) return failed<Result>(ParseError::kTruncated);
  TcpHeader tcp;
  tcp.source_port = load_be16(&bytes[0]);
  tcp.destination_port = load_be16(&bytes[2]);
  tcp.seq = load_be32(&bytes[4]);
  tcp.ack = load_be32(&bytes[8]);
  tcp.header_length = static_cast<std::uint8_t>((byte_at(bytes, 12) >> 4U) * kWord);
  tcp.flags.bits = byte_at(bytes, 13);
  tcp.window = load_be16(&bytes[14]);
  tcp.urgent = load_be16(&bytes[18]);
  if (tcp.header_length < kTcpHeaderSize) return failed<Result>(ParseError::kBadDataOffset);

  const bool options_cut = tcp.header_length > bytes.size();
  if (options_cut && !cut) return failed<Result>(ParseError::kTruncated);
  const std::size_t header_end = options_cut ? bytes.size() : tcp.header_length;
  tcp.options = parse_tcp_options(bytes.subspan(kTcpHeaderSize, header_end - kTcpHeaderSize));
  return {tcp};
}

Parsed<TcpPacket> parse_tcp_packet(Bytes bytes, Extent extent, std::size_t missing) {
  using Result = TcpPacket;
  const auto ip = parse_ipv4_header(bytes, kProtocolTcp, bytes.size() + missing);
  if (!ip) return failed<Result>(ip.error);
  const std::size_t total = ip.value.total_length;
  const std::size_t header_length = ip.value.header_length;
  if (extent == Extent::kWhole && bytes.size() < total) {
    return failed<Result>(ParseError::kTruncated);
  }
  if (bytes.size() < header_length) return failed<Result>(ParseError::kTruncated);
  if (total < header_length + kTcpHeaderSize) return failed<Result>(ParseError::kBadTotalLength);

  const Bytes captured = bytes.first(std::min(bytes.size(), total));
  const auto tcp = parse_tcp_header(captured.subspan(header_length), false);
  if (!tcp) {
    // A data offset beyond the packet's own length is absurd; beyond the capture it is cut.
    const bool beyond_total = tcp.error == ParseError::kTruncated && captured.size() == total;
    return failed<Result>(beyond_total ? ParseError::kBadDataOffset : tcp.error);
  }
  const std::size_t payload_at = header_length + tcp.value.header_length;
  TcpPacket packet;
  packet.ip = ip.value;
  packet.tcp = tcp.value;
  packet.ip_bytes = captured.first(header_length);
  packet.tcp_bytes = captured.subspan(header_length, tcp.value.header_length);
  packet.payload_length = static_cast<std::uint32_t>(total - payload_at);
  packet.payload = captured.subspan(payload_at);
  return {packet};
}

}  // namespace tcpcopy::net
