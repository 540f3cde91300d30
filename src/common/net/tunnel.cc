// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/tunnel.hh"

#include <optional>

#include "common/net/bytes.hh"
#include "common/net/ipv4_header.hh"
#include "common/net/layer.hh"

namespace tcpcopy::net {
namespace {

using Kind = Layer::Kind;

constexpr std::uint8_t kProtocolIpip = 4;
constexpr std::uint8_t kProtocolIpv6 = 41;
constexpr std::uint8_t kProtocolGre = 47;
constexpr std::uint8_t kProtocolMpls = 137;
constexpr std::uint16_t kFragmentOffset = 0x1fff;

constexpr std::size_t kUdpHeader = 8;

// RFC 2784, 2.1 and RFC 2890, 2.
constexpr std::uint16_t kGreChecksum = 0x8000;
constexpr std::uint16_t kGreRouting = 0x4000;
constexpr std::uint16_t kGreKey = 0x2000;
constexpr std::uint16_t kGreSequence = 0x1000;
constexpr std::uint16_t kGreVersion = 0x0007;
constexpr std::size_t kGreHeader = 4;

constexpr std::uint16_t kTypeErspan = 0x88be;  // types I and II
constexpr std::uint16_t kTypeErspan3 = 0x22eb;
constexpr std::size_t kErspan2Header = 8;
constexpr std::size_t kErspan3Header = 12;
constexpr std::size_t kErspan3Platform = 8;  // stands behind the header when its last bit is set

unsigned byte_at(Bytes bytes, std::size_t at) { return std::to_integer<unsigned>(bytes[at]); }

Layer in_erspan3(Bytes gre, std::size_t at) {
  if (gre.size() < at + kErspan3Header) return Layer::none(ParseError::kTruncated);
  const bool platform = (byte_at(gre, at + kErspan3Header - 1) & 1U) != 0;
  return layer_behind(Kind::kEthernet, gre,
                      at + kErspan3Header + (platform ? kErspan3Platform : 0));
}

Layer in_gre(Bytes gre) {
  if (gre.size() < kGreHeader) return Layer::none(ParseError::kTruncated);
  const std::uint16_t flags = load_be16(&gre[0]);
  if ((flags & (kGreRouting | kGreVersion)) != 0) return Layer::none(ParseError::kUnknownProtocol);
  std::size_t header = kGreHeader;
  for (const std::uint16_t field : {kGreChecksum, kGreKey, kGreSequence})
    header += (flags & field) != 0 ? 4U : 0U;
  const std::uint16_t type = load_be16(&gre[2]);
  if (type == kTypeErspan3) return in_erspan3(gre, header);
  if (type != kTypeErspan) return layer_of_ether_type(type, gre, header);
  // Type I has neither a sequence number nor a header.
  const bool first = (flags & kGreSequence) == 0;
  return layer_behind(Kind::kEthernet, gre, header + (first ? 0 : kErspan2Header));
}

// RFC 7348, 5.
Layer in_vxlan(Bytes vxlan) {
  constexpr std::size_t kHeader = 8;
  constexpr unsigned kHasId = 0x08;
  if (vxlan.size() < kHeader) return Layer::none(ParseError::kTruncated);
  if ((byte_at(vxlan, 0) & kHasId) == 0) return Layer::none(ParseError::kUnknownProtocol);
  return layer_behind(Kind::kEthernet, vxlan, kHeader);
}

// draft-ietf-nvo3-vxlan-gpe, 3: it names what it carries.
Layer in_vxlan_gpe(Bytes vxlan) {
  constexpr std::size_t kHeader = 8;
  constexpr unsigned kNamesProtocol = 0x04;
  if (vxlan.size() < kHeader) return Layer::none(ParseError::kTruncated);
  if ((byte_at(vxlan, 0) & kNamesProtocol) == 0) return in_vxlan(vxlan);
  switch (byte_at(vxlan, 3)) {
    case 1:
      return layer_behind(Kind::kIpv4, vxlan, kHeader);
    case 2:
      return layer_behind(Kind::kIpv6, vxlan, kHeader);
    case 3:
      return layer_behind(Kind::kEthernet, vxlan, kHeader);
    case 5:
      return layer_behind(Kind::kMpls, vxlan, kHeader);
    default:
      return Layer::none(ParseError::kUnknownProtocol);
  }
}

// RFC 8926, 3.4: version 0, options in words of 4 bytes, an EtherType.
Layer in_geneve(Bytes geneve) {
  constexpr std::size_t kHeader = 8;
  if (geneve.size() < kHeader) return Layer::none(ParseError::kTruncated);
  const unsigned first = byte_at(geneve, 0);
  if (first >> 6U != 0) return Layer::none(ParseError::kUnknownProtocol);
  const std::size_t options = (first & 0x3fU) * std::size_t{4};
  return layer_of_ether_type(load_be16(&geneve[2]), geneve, kHeader + options);
}

// 3GPP TS 29.281, 5: version 1; 4 bytes more when any of three flags is set, and then extensions,
// which say their length and what follows.
Layer in_gtp(Bytes gtp) {
  constexpr std::size_t kHeader = 8;
  constexpr std::size_t kLongHeader = 12;
  constexpr unsigned kData = 255;
  if (gtp.size() < kHeader) return Layer::none(ParseError::kTruncated);
  const unsigned flags = byte_at(gtp, 0);
  if ((flags & 0xf0U) != 0x30U) return Layer::none(ParseError::kUnknownProtocol);
  if (byte_at(gtp, 1) != kData) return Layer::none(ParseError::kNotIp);
  if ((flags & 0x07U) == 0) return layer_behind(Kind::kIp, gtp, kHeader);
  std::size_t at = kLongHeader;
  while (at <= gtp.size() && (flags & 0x04U) != 0 && byte_at(gtp, at - 1) != 0) {
    if (at == gtp.size()) return Layer::none(ParseError::kTruncated);
    const std::size_t length = byte_at(gtp, at) * std::size_t{4};
    if (length == 0) return Layer::none(ParseError::kUnknownProtocol);
    at += length;
  }
  return layer_behind(Kind::kIp, gtp, at);
}

// Nothing when the datagram is no tunnel's.
std::optional<Layer> in_udp(Bytes udp) {
  if (udp.size() < kUdpHeader) return std::nullopt;
  const Bytes payload = udp.subspan(kUdpHeader);
  switch (load_be16(&udp[2])) {
    case 2152:
      return in_gtp(payload);
    case 4789:
    case 8472:  // Linux's before IANA gave one
      return in_vxlan(payload);
    case 4790:
      return in_vxlan_gpe(payload);
    case 6081:
      return in_geneve(payload);
    case 6635:
      return Layer{Kind::kMpls, payload};
    default:
      return std::nullopt;
  }
}

// Nothing when the protocol is no tunnel's.
std::optional<Layer> in_protocol(std::uint8_t protocol, Bytes packet, std::size_t header) {
  const Bytes payload = packet.size() > header ? packet.subspan(header) : Bytes{};
  switch (protocol) {
    case kProtocolUdp:
      return in_udp(payload);
    case kProtocolGre:
      return in_gre(payload);
    case kProtocolIpip:
      return layer_behind(Kind::kIpv4, packet, header);
    case kProtocolIpv6:
      return layer_behind(Kind::kIpv6, packet, header);
    case kProtocolMpls:
      return layer_behind(Kind::kMpls, packet, header);
    default:
      return std::nullopt;
  }
}

bool is_tcp_over_ipv4(Bytes packet) {
  return packet.size() >= kIpv4HeaderSize && byte_at(packet, 0) >> 4U == 4 &&
         packet[9] == std::byte{kProtocolTcp};
}

std::optional<Layer> in_ipv4(Bytes packet) {
  if (packet.size() < kIpv4HeaderSize || byte_at(packet, 0) >> 4U != 4) return std::nullopt;
  const auto protocol = std::to_integer<std::uint8_t>(packet[9]);
  if ((load_be16(&packet[6]) & (kMoreFragments | kFragmentOffset)) != 0) return std::nullopt;
  const std::size_t header = (byte_at(packet, 0) & 0x0fU) * std::size_t{4};
  if (header < kIpv4HeaderSize) return std::nullopt;
  return in_protocol(protocol, packet, header);
}

// RFC 8200, 4: behind extension headers that only say how a packet travels.
std::optional<Layer> in_ipv6(Bytes packet) {
  constexpr std::size_t kHeader = 40;
  constexpr int kMaxExtensions = 4;
  if (packet.size() < kHeader) return std::nullopt;
  auto next = std::to_integer<std::uint8_t>(packet[6]);
  std::size_t at = kHeader;
  for (int i = 0; i < kMaxExtensions; ++i) {
    const bool passed_over = next == 0 || next == 43 || next == 60;
    if (!passed_over || packet.size() < at + 2) break;
    next = std::to_integer<std::uint8_t>(packet[at]);
    at += (byte_at(packet, at + 1) + 1) * std::size_t{8};
  }
  return in_protocol(next, packet, at);
}

}  // namespace

CapturedPacket decapsulate(LinkType type, Bytes frame, std::size_t missing) {
  if (is_plain_ipv4(type, frame)) {
    const Bytes packet = frame.subspan(kEthernetHeader);
    if (is_tcp_over_ipv4(packet)) return {packet, missing, ParseError::kNone};
  }
  int layers = kMaxLayers;
  Layer layer = link_header(type, frame);
  for (;;) {
    layer = follow_to_ip(layer, layers);
    if (layer.kind == Kind::kNone) return {{}, missing, layer.error};
    const auto inside = layer.kind == Kind::kIpv4 ? in_ipv4(layer.bytes) : in_ipv6(layer.bytes);
    if (!inside && layer.kind == Kind::kIpv6) return {{}, missing, ParseError::kIpv6};
    if (!inside) return {layer.bytes, missing, ParseError::kNone};
    if (layers-- == 0) return {{}, missing, ParseError::kTooDeep};
    layer = *inside;
  }
}

}  // namespace tcpcopy::net
