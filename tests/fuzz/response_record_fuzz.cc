// SPDX-License-Identifier: BSD-3-Clause
// Records of responses, from both ends. Input: which end; then a record as it comes from a link, or
// a packet as it is captured.
#include <array>

#include "common/wire/response_record.hh"
#include "tests/fuzz/fuzz.hh"

namespace tcpcopy {
namespace {

using fuzz::require;

void check_lengths(const Response& response, Bytes record) {
  require(fuzz::inside(response.payload, record), "the payload lies in the record");
  require(response.payload.size() <= response.payload_length, "no padding is taken for payload");
  require(response.payload_length <= 65535 - 40, "a payload fits an IPv4 packet");
  require(response.sack_count <= kMaxSackBlocks, "SACK blocks fit their room");
  require(response.options.window_scale.value_or(0) <= 14, "RFC 7323, 2.3");
}

// Hostile bytes, of the size that a link gives.
void check_record(Bytes bytes) {
  std::array<std::byte, wire::kPayloadRecordSize> storage{};
  const std::size_t size =
      bytes.size() > wire::kHeaderRecordSize ? wire::kPayloadRecordSize : wire::kHeaderRecordSize;
  const Bytes some = bytes.first(std::min(bytes.size(), size));
  std::copy(some.begin(), some.end(), storage.begin());
  const Bytes record = Bytes(storage).first(size);
  if (const auto response = wire::to_response(wire::decode_record(record)))
    check_lengths(response.value, record);
}

// SACK blocks, and what stands behind them, may be cut off: 24 of 40 bytes of options are sent.
void check_options(const Response& response, const net::TcpPacket& packet) {
  const net::ParsedOptions& sent = packet.tcp.options;
  require(response.sack_count <= sent.sack_count, "no SACK block is made up");
  for (std::size_t i = 0; i < response.sack_count; ++i) {
    require(response.sacks[i].begin.raw == sent.sacks[i].begin &&
                response.sacks[i].end.raw == sent.sacks[i].end,
            "SACK blocks are kept");
  }
  if (packet.tcp_bytes.size() > 44) return;
  require(response.sack_count == sent.sack_count && response.options == sent.options,
          "options that fit are kept");
}

// A packet of the target goes through a record and is the same response.
void check_packet(Bytes bytes, net::Extent extent, std::size_t record_size) {
  const auto parsed = net::parse_tcp_packet(bytes, extent);
  if (!parsed) return;
  const net::TcpPacket& packet = parsed.value;
  std::array<std::byte, wire::kPayloadRecordSize> storage;
  storage.fill(std::byte{0xee});
  const auto record = std::span(storage).first(record_size);
  wire::encode_response(wire::headers_of(packet), record);
  const auto decoded = wire::to_response(wire::decode_record(record));
  require(static_cast<bool>(decoded), "the record of a good packet is good");
  const Response& response = decoded.value;
  check_lengths(response, record);
  check_options(response, packet);
  require(response.source == packet.source() && response.destination == packet.destination(),
          "addresses and ports are kept");
  require(response.seq.raw == packet.tcp.seq && response.ack.raw == packet.tcp.ack &&
              response.flags.bits == packet.tcp.flags.bits && response.window == packet.tcp.window,
          "the fields of the header are kept");
  require(response.payload_length == packet.payload_length, "the payload's length is kept");
  if (packet.payload.size() < response.payload.size()) return;  // captured in part
  require(fuzz::same_bytes(response.payload, packet.payload.first(response.payload.size())),
          "what is brought of the payload is its beginning");
}

}  // namespace
}  // namespace tcpcopy

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpcopy;
  fuzz::Input input(data, size);
  const std::uint8_t kind = input.byte();
  const Bytes bytes = input.rest();
  if ((kind & 1U) == 0) {
    check_record(bytes);
    return 0;
  }
  const auto extent = (kind & 2U) == 0 ? net::Extent::kHeaders : net::Extent::kWhole;
  check_packet(bytes, extent, wire::kHeaderRecordSize);
  check_packet(bytes, extent, wire::kPayloadRecordSize);
  return 0;
}
