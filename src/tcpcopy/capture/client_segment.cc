// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/capture/client_segment.hh"

#include "common/net/bytes.hh"
#include "common/net/checksum.hh"
#include "common/net/packet_parser.hh"

namespace tcpcopy::capture {

std::optional<CapturedSegment> client_segment(const net::CapturedPacket& packet,
                                              net::CaptureCounters& counters) {
  if (packet.bytes.empty()) {
    const bool told = packet.error != net::ParseError::kNone;
    ++counters.of(told ? packet.error : net::ParseError::kNotIpv4);
    return std::nullopt;
  }
  const auto parsed = net::parse_tcp_packet(packet.bytes, net::Extent::kHeaders, packet.missing);
  if (!parsed) {
    ++counters.of(parsed.error);
    return std::nullopt;
  }
  const net::TcpPacket& tcp = parsed.value;
  CapturedSegment captured{
      net::to_segment<ClientSegment>(tcp.ip, tcp.tcp, tcp.payload_length, tcp.payload)};
  ClientSegment& segment = captured.segment;
  const bool cut = tcp.payload.size() < tcp.payload_length;
  if (!cut && !segment.flags.rst()) return captured;
  if (!segment.flags.rst()) {
    captured.cut = tcp.payload_length;
    if (!segment.flags.syn()) segment.seq = segment.seq + tcp.payload_length;
    segment.flags.bits &= static_cast<std::uint8_t>(~(TcpFlags::kFin | TcpFlags::kPsh));
  }
  segment.payload = {};
  segment.payload_length = 0;
  return captured;
}

bool has_bad_checksum(const net::CapturedPacket& packet) {
  constexpr std::size_t kTotalLength = 2;
  constexpr std::size_t kChecksum = 16;
  const Bytes bytes = packet.bytes;
  const auto header = static_cast<std::size_t>(bytes[0] & std::byte{0x0f}) * 4;
  // 0: of a packet that a device is to cut, and longer than the field can say.
  const std::size_t said = net::load_be16(&bytes[kTotalLength]);
  const std::size_t total = said == 0 ? bytes.size() + packet.missing : said;
  if (total > bytes.size()) return false;
  const std::size_t length = total - header;
  const auto pseudo = [&](std::size_t counted) {
    return net::pseudo_header_v4(bytes.first(header), net::kProtocolTcp,
                                 static_cast<std::uint16_t>(counted));
  };
  net::Checksum sum = pseudo(length);
  sum.add(bytes.subspan(header, length));
  if (sum.value() == 0) return false;
  const std::uint16_t stands = net::load_be16(&bytes[header + kChecksum]);
  const auto left_to_device = [&](std::size_t counted) {
    return stands == static_cast<std::uint16_t>(~pseudo(counted).value());
  };
  return !left_to_device(length) && !left_to_device(0);
}

}  // namespace tcpcopy::capture
