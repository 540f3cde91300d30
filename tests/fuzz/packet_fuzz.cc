// SPDX-License-Identifier: BSD-3-Clause
// Captured frames: link layer, tunnels, IPv4, TCP, options; and what is written of them again.
// Input: the link type, then a frame.
#include <array>
#include <vector>

#include "common/net/bytes.hh"
#include "common/net/checksum.hh"
#include "common/net/link_layer.hh"
#include "common/net/packet_parser.hh"
#include "common/net/packet_writer.hh"
#include "common/net/tunnel.hh"
#include "tests/fuzz/fuzz.hh"

namespace tcpcopy {
namespace {

using fuzz::require;
using net::Extent;

// RFC 1071 by its words, to hold the fast one against.
std::uint16_t plain_checksum(Bytes bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    sum += std::to_integer<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8U : 0U);
  while (sum >> 16U != 0)
    sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

void check_checksum(Bytes bytes, std::uint8_t seed) {
  if (bytes.size() > 65535) return;
  net::Checksum checksum;
  for (fuzz::Pieces pieces(bytes, seed); !pieces.empty();)
    checksum.add(pieces.next());
  require(checksum.value() == plain_checksum(bytes), "the checksum of pieces is that of the whole");
}

void check_extents(const net::TcpPacket& packet, Bytes bytes, Extent extent) {
  require(packet.ip_bytes.data() == bytes.data(), "the packet begins at the IPv4 header");
  require(packet.ip_bytes.size() == packet.ip.header_length && packet.ip.header_length >= 20,
          "the IPv4 header is whole");
  require(packet.tcp_bytes.data() == packet.ip_bytes.data() + packet.ip_bytes.size() &&
              packet.tcp_bytes.size() == packet.tcp.header_length && packet.tcp.header_length >= 20,
          "the TCP header follows and is whole");
  require(fuzz::inside(packet.tcp_bytes, bytes) && fuzz::inside(packet.payload, bytes),
          "all lies inside what was captured");
  require(packet.ip_bytes.size() + packet.tcp_bytes.size() + packet.payload_length ==
              packet.ip.total_length,
          "headers and payload make up the total length");
  require(packet.payload.size() <= packet.payload_length, "no padding is taken for payload");
  require(extent == Extent::kHeaders || packet.payload.size() == packet.payload_length,
          "a whole packet has its whole payload");
}

// What was parsed, written as tcpcopy writes it, parses to the same values.
void check_written(const net::TcpPacket& packet) {
  const auto segment =
      net::to_segment<ReplaySegment>(packet.ip, packet.tcp, packet.payload_length, packet.payload);
  if (net::kMaxHeaders + segment.payload_length > 65535) return;
  const std::size_t half = packet.payload.size() / 2;
  const std::array pieces{packet.payload.first(half), packet.payload.subspan(half)};
  std::vector<std::byte> written(net::kMaxHeaders + segment.payload_length);
  written.resize(net::write_packet(segment, pieces, 7, written));

  const auto again = net::parse_tcp_packet(written, Extent::kWhole);
  require(static_cast<bool>(again), "what is written can be parsed");
  const net::TcpPacket& value = again.value;
  require(value.source() == packet.source() && value.destination() == packet.destination(),
          "addresses and ports are written");
  require(value.tcp.seq == packet.tcp.seq && value.tcp.ack == packet.tcp.ack &&
              value.tcp.flags.bits == packet.tcp.flags.bits &&
              value.tcp.window == packet.tcp.window && value.tcp.urgent == packet.tcp.urgent,
          "the fields of the header are written");
  require(value.tcp.options.options == packet.tcp.options.options, "options are written");
  require(value.tcp.options.sack_count <= packet.tcp.options.sack_count, "as are SACK blocks");
  require(fuzz::same_bytes(value.payload, packet.payload), "the payload is written");
  require(plain_checksum(value.ip_bytes) == 0, "the IPv4 checksum is right");
  std::vector<std::byte> summed(12);  // the pseudo header: RFC 9293, 3.1
  std::copy_n(written.begin() + 12, 8, summed.begin());
  summed[9] = std::byte{6};
  net::store_be16(&summed[10], static_cast<std::uint16_t>(written.size() - 20));
  summed.insert(summed.end(), written.begin() + 20, written.end());
  require(plain_checksum(summed) == 0, "the TCP checksum is right");
}

void check_packet(Bytes bytes) {
  const auto headers = net::parse_tcp_packet(bytes, Extent::kHeaders);
  const auto whole = net::parse_tcp_packet(bytes, Extent::kWhole);
  require(!whole || headers, "a whole packet has headers");
  if (headers) check_extents(headers.value, bytes, Extent::kHeaders);
  if (!whole) return;
  check_extents(whole.value, bytes, Extent::kWhole);
  check_written(whole.value);
  if (whole.value.ip.total_length != net::load_be16(&bytes[2])) return;  // it was 0
  // What the link layer has padded is not part of the packet.
  const auto unpadded =
      net::parse_tcp_packet(bytes.first(whole.value.ip.total_length), Extent::kWhole);
  require(unpadded && unpadded.value.payload_length == whole.value.payload_length,
          "padding changes nothing");
}

}  // namespace
}  // namespace tcpcopy

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpcopy;
  using net::LinkType;
  constexpr std::array kTypes{LinkType::kRaw,       LinkType::kEthernet,
                              LinkType::kNull,      LinkType::kLinuxSll,
                              LinkType::kLinuxSll2, LinkType::kPpp,
                              LinkType::kPppoe,     LinkType::kMpls,
                              LinkType::kNflog,     LinkType::kEncrypted,
                              LinkType::kPppd,      LinkType::kPppWithDirection,
                              LinkType::kCiscoHdlc, LinkType::kCiscoHdlcWithDirection};
  fuzz::Input input(data, size);
  const std::uint8_t type = input.byte();
  const Bytes frame = input.rest();
  const LinkType link_type = kTypes[type % kTypes.size()];
  const Bytes packet = net::strip_link_layer(link_type, frame);
  const auto at_the_end = [&](Bytes part) {
    return part.empty() || part.data() + part.size() == frame.data() + frame.size();
  };
  require(fuzz::inside(packet, frame), "the packet lies in the frame");
  require(at_the_end(packet), "only the front is stripped");
  const net::CapturedPacket innermost = net::decapsulate(link_type, frame, type);
  require(fuzz::inside(innermost.bytes, frame), "the innermost packet lies in the frame");
  require(at_the_end(innermost.bytes), "only tunnels' fronts are stripped");
  require(innermost.bytes.size() <= packet.size() || packet.empty(), "it lies in the packet");
  require(innermost.bytes.empty() == (innermost.error != net::ParseError::kNone),
          "there is a packet, or a reason why not");
  require(innermost.missing == type, "what is missing stays so");
  check_packet(packet);
  check_packet(innermost.bytes);
  check_checksum(frame, type);
  return 0;
}
