// SPDX-License-Identifier: BSD-3-Clause
#include "common/wire/message.hh"

#include <algorithm>

#include "common/net/bytes.hh"

namespace tcpcopy::wire {

CapturedHeaders headers_of(const net::TcpPacket& packet) {
  return {packet.ip_bytes, packet.tcp_bytes, packet.payload, packet.payload_length,
          packet.captured_at};
}

void mend_total_length(std::byte* ip, const CapturedHeaders& headers) {
  if (net::load_be16(ip + 2) != 0) return;
  const std::size_t ip_length = std::to_integer<std::size_t>(ip[0] & std::byte{0x0f}) * 4;
  const std::size_t length = ip_length + headers.tcp.size() + headers.payload_length;
  net::store_be16(ip + 2, static_cast<std::uint16_t>(std::min<std::size_t>(length, UINT16_MAX)));
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
