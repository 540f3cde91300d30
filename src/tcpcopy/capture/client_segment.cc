// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/capture/client_segment.hh"

#include "common/net/packet_parser.hh"

namespace tcpcopy::capture {

std::optional<ClientSegment> client_segment(Bytes packet, net::CaptureCounters& counters) {
  if (packet.empty()) {
    ++counters.malformed[static_cast<std::size_t>(net::ParseError::kNotIpv4)];
    return std::nullopt;
  }
  const auto parsed = net::parse_tcp_packet(packet, net::Extent::kHeaders);
  if (!parsed) {
    ++counters.malformed[static_cast<std::size_t>(parsed.error)];
    return std::nullopt;
  }
  const net::TcpPacket& tcp = parsed.value;
  auto segment = net::to_segment<ClientSegment>(tcp.ip, tcp.tcp, tcp.payload_length, tcp.payload);
  if (tcp.payload.size() < tcp.payload_length) {
    ++counters.cut_packets;
    counters.cut_bytes += tcp.payload_length - tcp.payload.size();
    segment.payload = {};
    segment.payload_length = 0;
    segment.flags.bits &= static_cast<std::uint8_t>(~(TcpFlags::kFin | TcpFlags::kPsh));
  }
  return segment;
}

}  // namespace tcpcopy::capture
