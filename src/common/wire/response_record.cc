// SPDX-License-Identifier: BSD-3-Clause
#include "common/wire/response_record.hh"

#include <algorithm>
#include <cassert>

#include "common/net/bytes.hh"

namespace tcpcopy::wire {
namespace {

constexpr std::size_t kTcpAt = net::kIpv4HeaderSize;  // IPv4 options are cut off

// How many bytes of a payload a record has room for.
std::size_t payload_brought(std::size_t payload_at, std::size_t payload_length) {
  return std::min(payload_length, kPayloadRecordSize - payload_at);
}

}  // namespace

void encode_response(const net::TcpPacket& packet, std::span<std::byte> to) {
  assert(to.size() == kHeaderRecordSize || to.size() == kPayloadRecordSize);
  std::fill(to.begin(), to.end(), std::byte{0});
  std::copy_n(packet.ip_bytes.begin(), net::kIpv4HeaderSize, to.begin());
  // Segmentation offload leaves the total length 0 where the frame tells it; there is none here.
  if (net::load_be16(&to[2]) == 0) {
    const std::size_t length =
        std::size_t{packet.ip.header_length} + packet.tcp.header_length + packet.payload_length;
    net::store_be16(&to[2], static_cast<std::uint16_t>(std::min<std::size_t>(length, UINT16_MAX)));
  }
  const std::size_t tcp_room = kHeaderRecordSize - kTcpAt;
  const std::size_t tcp_size = std::min(packet.tcp_bytes.size(), tcp_room);
  std::copy_n(packet.tcp_bytes.begin(), tcp_size, to.begin() + kTcpAt);

  if (to.size() != kPayloadRecordSize) return;
  const std::size_t payload_at = kTcpAt + packet.tcp_bytes.size();
  const std::size_t brought = payload_brought(payload_at, packet.payload_length);
  // Fewer bytes, and the reader would take the padding for payload.
  if (packet.payload.size() >= brought) {
    std::copy_n(packet.payload.begin(), brought,
                to.begin() + static_cast<std::ptrdiff_t>(payload_at));
  }
}

net::Parsed<Response> decode_response(Bytes record) {
  assert(record.size() == kHeaderRecordSize || record.size() == kPayloadRecordSize);
  const auto ip = net::parse_ipv4_header(record);
  if (!ip) return {{}, ip.error};
  const Bytes tcp_bytes = record.subspan(kTcpAt, kHeaderRecordSize - kTcpAt);
  const auto tcp = net::parse_tcp_header(tcp_bytes, true);
  if (!tcp) return {{}, tcp.error};
  const std::size_t headers = std::size_t{ip.value.header_length} + tcp.value.header_length;
  if (ip.value.total_length < headers) return {{}, net::ParseError::kBadTotalLength};

  const auto payload_length = static_cast<std::uint32_t>(ip.value.total_length - headers);
  const std::size_t payload_at = kTcpAt + tcp.value.header_length;
  Bytes payload;
  if (record.size() == kPayloadRecordSize) {
    payload = record.subspan(payload_at, payload_brought(payload_at, payload_length));
    const auto zero = [](std::byte byte) { return byte == std::byte{0}; };
    const bool left_out =
        payload_length > kMaxOldRecordPayload && std::all_of(payload.begin(), payload.end(), zero);
    if (left_out) payload = {};
  }
  return {net::to_segment<Response>(ip.value, tcp.value, payload_length, payload)};
}

}  // namespace tcpcopy::wire
