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

// Both lengths as the headers state them, bytes.
std::size_t ip_header_length(Bytes ip) {
  return std::to_integer<std::size_t>(ip[0] & std::byte{0x0f}) * 4;
}
std::size_t tcp_header_length(Bytes tcp) { return std::to_integer<std::size_t>(tcp[12] >> 4) * 4; }

}  // namespace

void encode_response(const CapturedHeaders& response, std::span<std::byte> to) {
  assert(to.size() == kHeaderRecordSize || to.size() == kPayloadRecordSize);
  std::fill(to.begin(), to.end(), std::byte{0});
  std::copy_n(response.ip.begin(), net::kIpv4HeaderSize, to.begin());
  mend_total_length(to.data(), response);
  const std::size_t tcp_room = kHeaderRecordSize - kTcpAt;
  const std::size_t tcp_size = std::min(response.tcp.size(), tcp_room);
  std::copy_n(response.tcp.begin(), tcp_size, to.begin() + kTcpAt);

  if (to.size() != kPayloadRecordSize) return;
  const std::size_t payload_at = kTcpAt + response.tcp.size();
  const std::size_t brought = payload_brought(payload_at, response.payload_length);
  // Fewer bytes, and the reader would take the padding for payload.
  if (response.payload.size() >= brought) {
    std::copy_n(response.payload.begin(), brought,
                to.begin() + static_cast<std::ptrdiff_t>(payload_at));
  }
}

CapturedHeaders decode_record(Bytes record) {
  assert(record.size() == kHeaderRecordSize || record.size() == kPayloadRecordSize);
  CapturedHeaders response;
  response.ip = record.first(kTcpAt);
  response.tcp = record.subspan(kTcpAt, kHeaderRecordSize - kTcpAt);
  const std::size_t total_length = net::load_be16(&record[2]);
  const std::size_t tcp_length = tcp_header_length(response.tcp);
  const std::size_t headers = ip_header_length(response.ip) + tcp_length;
  if (total_length < headers) return response;  // to_response() refuses it
  response.payload_length = static_cast<std::uint32_t>(total_length - headers);
  if (record.size() == kPayloadRecordSize) {
    const std::size_t payload_at = kTcpAt + tcp_length;
    response.payload =
        record.subspan(payload_at, payload_brought(payload_at, response.payload_length));
    const auto zero = [](std::byte byte) { return byte == std::byte{0}; };
    const bool left_out = response.payload_length > kMaxOldRecordPayload &&
                          std::all_of(response.payload.begin(), response.payload.end(), zero);
    if (left_out) response.payload = {};
  }
  response.tcp = response.tcp.first(
      std::clamp<std::size_t>(tcp_length, net::kTcpHeaderSize, response.tcp.size()));
  return response;
}

}  // namespace tcpcopy::wire
