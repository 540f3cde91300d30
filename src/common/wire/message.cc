// SPDX-License-Identifier: BSD-3-Clause
#include "common/wire/message.hh"

namespace tcpcopy::wire {

CapturedHeaders headers_of(const net::TcpPacket& packet) {
  return {packet.ip_bytes, packet.tcp_bytes, packet.payload, packet.payload_length};
}

net::Parsed<Response> to_response(const CapturedHeaders& headers) {
  const auto ip = net::parse_ipv4_header(headers.ip);
  if (!ip) return {{}, ip.error};
  const auto tcp = net::parse_tcp_header(headers.tcp, true);
  if (!tcp) return {{}, tcp.error};
  if (ip.value.total_length < std::size_t{ip.value.header_length} + tcp.value.header_length) {
    return {{}, net::ParseError::kBadTotalLength};
  }
  return {net::to_segment<Response>(ip.value, tcp.value, headers.payload_length, headers.payload)};
}

}  // namespace tcpcopy::wire
