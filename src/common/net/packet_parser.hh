// SPDX-License-Identifier: BSD-3-Clause
// Bytes of an IPv4 packet, hostile until proven sane, to values.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/net/tcp_options.hh"
#include "tcpcopy/segment.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::net {

/// Why a packet was not taken. Each is a counter in the statistics.
enum class ParseError : std::uint8_t {
  kNone,
  kTruncated,        ///< fewer bytes captured than its headers, or its length, claim
  kNotIpv4,          ///< version is neither 4 nor 6
  kBadHeaderLength,  ///< IHL below 5 words or beyond the total length
  kBadTotalLength,   ///< total length smaller than its headers
  kFragment,         ///< part of a datagram
  kNotTcp,
  kBadDataOffset,    ///< data offset below 5 words or beyond the segment
  kIpv6,             ///< version is 6
  kNotIp,            ///< of the link itself: ARP, LLDP, PPP's negotiation and such
  kUnknownProtocol,  ///< what stands in front of the packet, if there is one, is not known
  kTooDeep,          ///< too many headers stand in front of it
};
inline constexpr std::size_t kParseErrors = 12;

/// A name for log lines: `bad-header-length`.
std::string_view to_string(ParseError error);

/// How much of a packet must be there.
enum class Extent : std::uint8_t {
  kWhole,    ///< headers and payload
  kHeaders,  ///< the payload may be cut off
};

inline constexpr std::size_t kIpv4HeaderSize = 20;  ///< without options
inline constexpr std::size_t kTcpHeaderSize = 20;   ///< without options
inline constexpr std::size_t kLongestPadded = 46;   ///< packets no longer may be padded by Ethernet

struct Ipv4Header {
  Address source;
  Address destination;
  std::uint32_t total_length = 0;  ///< bytes; more than the header can say where that says 0
  std::uint8_t header_length = 0;  ///< bytes
};

/// The fields of a TCP header; numbers in host byte order and not yet bound to a sequence space.
struct TcpHeader {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  TcpFlags flags;
  std::uint16_t window = 0;
  std::uint16_t urgent = 0;        ///< as it stands there, whatever the flags say
  std::uint8_t header_length = 0;  ///< bytes, options included
  ParsedOptions options;
};

struct TcpPacket {
  Ipv4Header ip;
  TcpHeader tcp;
  Bytes ip_bytes;   ///< the IPv4 header as captured, options included
  Bytes tcp_bytes;  ///< the TCP header as captured, options included
  std::uint32_t payload_length = 0;
  Bytes payload;          ///< what was captured of it: all of it with Extent::kWhole
  Instant captured_at{};  ///< for who captured it to say; the epoch: nobody has

  Endpoint source() const { return {ip.source, tcp.source_port}; }
  Endpoint destination() const { return {ip.destination, tcp.destination_port}; }
};

template <typename T>
struct Parsed {
  T value;
  ParseError error = ParseError::kNone;
  explicit operator bool() const { return error == ParseError::kNone; }
};

inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;

/// @param bytes begin at the IPv4 header. Only the fixed header need be there.
/// @param protocol that must stand in it, else the error is kNotTcp.
/// @param length of the frame that holds it. It counts where the header says 0, as it does in front
///   of a device that does segmentation itself, unless the frame is so short that it may be padded.
Parsed<Ipv4Header> parse_ipv4_header(Bytes bytes, std::uint8_t protocol = kProtocolTcp,
                                     std::size_t length = 0);

/// @param bytes begin at the TCP header; at least its first 20 bytes must be there.
/// @param cut options beyond the end of `bytes` are missing and that is no error. Nor is an option
///   that cannot be: it ends the options, as kernels take it.
Parsed<TcpHeader> parse_tcp_header(Bytes bytes, bool cut);

/// @param bytes begin at the IPv4 header; what follows the packet (link-layer padding) is ignored.
/// @param missing bytes that stood behind them and were not captured.
Parsed<TcpPacket> parse_tcp_packet(Bytes bytes, Extent extent, std::size_t missing = 0);

/// Binds parsed headers to sequence spaces. This is the only way in which a Segment comes from
/// the network.
template <typename SegmentType>
SegmentType to_segment(const Ipv4Header& ip, const TcpHeader& tcp, std::uint32_t payload_length,
                       Bytes payload) {
  SegmentType segment;
  segment.source = {ip.source, tcp.source_port};
  segment.destination = {ip.destination, tcp.destination_port};
  segment.seq = decltype(segment.seq)(tcp.seq);
  segment.ack = decltype(segment.ack)(tcp.ack);
  segment.flags = tcp.flags;
  segment.window = tcp.window;
  segment.urgent = tcp.urgent;
  segment.options = tcp.options.options;
  segment.sack_count = tcp.options.sack_count;
  for (std::size_t i = 0; i < tcp.options.sack_count; ++i) {
    const SackRange& range = tcp.options.sacks[i];
    segment.sacks[i] = {decltype(segment.ack)(range.begin), decltype(segment.ack)(range.end)};
  }
  segment.payload_length = payload_length;
  segment.payload = payload;
  return segment;
}

}  // namespace tcpcopy::net
