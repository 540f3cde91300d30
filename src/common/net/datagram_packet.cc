// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/datagram_packet.hh"

#include <algorithm>
#include <span>

#include "common/net/bytes.hh"
#include "common/net/checksum.hh"
#include "common/net/ipv4_header.hh"

namespace tcpcopy::net {
namespace {

constexpr std::size_t kUdpHeaderSize = 8;
constexpr std::size_t kFragmentUnit = 8;  // bytes: what the offset of a fragment counts

}  // namespace

Parsed<Datagram> parse_datagram(Bytes packet) {
  const auto ip = parse_ipv4_header(packet, kProtocolUdp);
  if (!ip) return {{}, ip.error};
  const std::size_t header = ip.value.header_length;
  if (ip.value.total_length < header + kUdpHeaderSize) return {{}, ParseError::kBadTotalLength};
  if (packet.size() < ip.value.total_length) return {{}, ParseError::kTruncated};
  const Bytes udp = packet.subspan(header, ip.value.total_length - header);
  const std::size_t length = load_be16(&udp[4]);
  if (length < kUdpHeaderSize || length > udp.size()) return {{}, ParseError::kBadTotalLength};
  return {{{ip.value.source, load_be16(&udp[0])},
           {ip.value.destination, load_be16(&udp[2])},
           udp.subspan(kUdpHeaderSize, length - kUdpHeaderSize)}};
}

std::vector<std::byte> write_datagram(const Datagram& datagram, std::uint16_t identification) {
  const std::size_t udp_length = kUdpHeaderSize + datagram.payload.size();
  std::vector<std::byte> packet(kIpv4HeaderSize + udp_length);
  const std::span<std::byte> ip = std::span(packet).first(kIpv4HeaderSize);
  write_ipv4_header(
      {datagram.source.address, datagram.destination.address, kProtocolUdp, identification},
      packet.size(), ip);

  const std::span<std::byte> udp = std::span(packet).subspan(kIpv4HeaderSize);
  store_be16(&udp[0], datagram.source.port);
  store_be16(&udp[2], datagram.destination.port);
  store_be16(&udp[4], static_cast<std::uint16_t>(udp_length));
  std::copy(datagram.payload.begin(), datagram.payload.end(), udp.begin() + kUdpHeaderSize);
  Checksum checksum = pseudo_header_v4(ip, kProtocolUdp, static_cast<std::uint16_t>(udp_length));
  checksum.add(udp);
  const std::uint16_t value = checksum.value();
  store_be16(&udp[6], value == 0 ? 0xffff : value);  // RFC 768: zero says that there is none
  return packet;
}

void fragment(Bytes packet, std::uint16_t mtu, const std::function<void(Bytes)>& give) {
  if (packet.size() <= mtu) return give(packet);
  const std::size_t step = (mtu - kIpv4HeaderSize) / kFragmentUnit * kFragmentUnit;
  const Bytes payload = packet.subspan(kIpv4HeaderSize);
  std::vector<std::byte> piece;
  for (std::size_t at = 0; at < payload.size(); at += step) {
    const Bytes part = payload.subspan(at, std::min(step, payload.size() - at));
    piece.assign(packet.begin(), packet.begin() + kIpv4HeaderSize);
    piece.insert(piece.end(), part.begin(), part.end());
    const std::size_t more = at + part.size() < payload.size() ? kMoreFragments : 0;
    store_be16(&piece[6], static_cast<std::uint16_t>(more | at / kFragmentUnit));
    finish_ipv4_header(piece.size(), std::span(piece).first(kIpv4HeaderSize));
    give(piece);
  }
}

}  // namespace tcpcopy::net
