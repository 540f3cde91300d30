// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/packet_writer.hh"

#include <cassert>
#include <cstring>

#include "common/net/bytes.hh"
#include "common/net/checksum.hh"
#include "common/net/ipv4_header.hh"

namespace tcpcopy::net {
namespace {

template <typename SegmentType>
Ipv4Fields ipv4_fields(const SegmentType& segment, std::uint16_t identification) {
  return {segment.source.address, segment.destination.address, kProtocolTcp, identification,
          kDontFragment};
}

// Returns the header's length with its options.
template <typename SegmentType>
std::size_t write_tcp_header(const SegmentType& segment, std::span<std::byte> to) {
  std::array<SackRange, kMaxSackBlocks> sacks{};
  for (std::size_t i = 0; i < segment.sack_count; ++i) {
    sacks[i] = {segment.sacks[i].begin.raw, segment.sacks[i].end.raw};
  }
  const std::size_t length =
      kTcpHeaderSize + write_tcp_options(segment.options,
                                         std::span(sacks).first(segment.sack_count),
                                         to.subspan(kTcpHeaderSize));
  std::byte* at = to.data();
  store_be16(at, segment.source.port);
  store_be16(at + 2, segment.destination.port);
  store_be32(at + 4, segment.seq.raw);
  store_be32(at + 8, segment.ack.raw);
  at[12] = static_cast<std::byte>(length / 4 << 4U);
  at[13] = static_cast<std::byte>(segment.flags.bits);
  store_be16(at + 14, segment.window);
  store_be16(at + 16, 0);  // checksum
  store_be16(at + 18, segment.urgent);
  return length;
}

}  // namespace

std::size_t write_packet(const ReplaySegment& segment, std::span<const Bytes> payload,
                         std::uint16_t identification, std::span<std::byte> to) {
  assert(segment.source.address.is_v4() && segment.destination.address.is_v4());
  std::size_t size = kIpv4HeaderSize + write_tcp_header(segment, to.subspan(kIpv4HeaderSize));
  for (const Bytes piece : payload) {
    if (!piece.empty()) std::memcpy(&to[size], piece.data(), piece.size());
    size += piece.size();
  }
  const std::span<std::byte> packet = to.first(size);
  write_ipv4_header(ipv4_fields(segment, identification), size, packet.first(kIpv4HeaderSize));

  const std::span<std::byte> tcp = packet.subspan(kIpv4HeaderSize);
  Checksum checksum = pseudo_header_v4(packet.first(kIpv4HeaderSize), kProtocolTcp,
                                       static_cast<std::uint16_t>(tcp.size()));
  checksum.add(tcp);
  store_be16(&tcp[16], checksum.value());
  return size;
}

std::size_t write_beginning(const Response& response, std::span<std::byte> to) {
  assert(response.source.address.is_v4() && response.destination.address.is_v4());
  const std::size_t headers =
      kIpv4HeaderSize + write_tcp_header(response, to.subspan(kIpv4HeaderSize));
  write_ipv4_header(ipv4_fields(response, 0), headers + response.payload_length,
                    to.first(kIpv4HeaderSize));
  if (!response.payload.empty()) {
    std::memcpy(&to[headers], response.payload.data(), response.payload.size());
  }
  return headers + response.payload.size();
}

}  // namespace tcpcopy::net
