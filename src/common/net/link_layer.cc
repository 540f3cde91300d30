// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/link_layer.hh"

#include "common/net/bytes.hh"

namespace tcpcopy::net {
namespace {

using Kind = Layer::Kind;

constexpr std::size_t kSllHeader = 16;
constexpr std::size_t kSll2Header = 20;
constexpr std::size_t kNullHeader = 4;
constexpr std::size_t kEncHeader = 12;
constexpr std::size_t kEtherTypeSize = 2;
constexpr std::size_t kTagSize = 4;

unsigned byte_at(Bytes bytes, std::size_t at) { return std::to_integer<unsigned>(bytes[at]); }

// The EtherType stands inside of the header, or ends it.
Layer typed(Bytes frame, std::size_t type_at, std::size_t header) {
  if (frame.size() < header) return Layer::none(ParseError::kTruncated);
  return layer_of_ether_type(load_be16(&frame[type_at]), frame, header);
}

Layer by_version(Bytes bytes) {
  if (bytes.empty()) return Layer::none(ParseError::kTruncated);
  switch (byte_at(bytes, 0) >> 4U) {
    case 4:
      return {Kind::kIpv4, bytes};
    case 6:
      return {Kind::kIpv6, bytes};
    default:
      return Layer::none(ParseError::kNotIpv4);
  }
}

// RFC 3032, 2.1: the last label has a bit set. What follows is not named: it is IP, or Ethernet
// behind a control word, which begins with 0 (RFC 4385, 3), or Ethernet.
Layer behind_label(Bytes bytes) {
  constexpr std::size_t kLabel = 4;
  constexpr std::size_t kControlWord = 4;
  if (bytes.size() <= kLabel) return Layer::none(ParseError::kTruncated);
  const bool last = (byte_at(bytes, 2) & 1U) != 0;
  const Bytes rest = bytes.subspan(kLabel);
  if (!last) return {Kind::kMpls, rest};
  switch (byte_at(rest, 0) >> 4U) {
    case 4:
      return {Kind::kIpv4, rest};
    case 6:
      return {Kind::kIpv6, rest};
    case 0:
      return layer_behind(Kind::kEthernet, rest, kControlWord);
    default:
      return {Kind::kEthernet, rest};
  }
}

// RFC 2516, 4: version 1, type 1, code 0 for a session's frames.
Layer behind_pppoe(Bytes bytes) {
  constexpr std::size_t kHeader = 6;
  if (bytes.size() <= kHeader) return Layer::none(ParseError::kTruncated);
  const bool session = load_be16(bytes.data()) == 0x1100;
  return session ? Layer{Kind::kPpp, bytes.subspan(kHeader)} : Layer::none(ParseError::kNotIp);
}

// The protocol takes one byte when that is odd, else two (RFC 1661, 2 and 6.5).
Layer behind_ppp(Bytes bytes) {
  if (bytes.empty()) return Layer::none(ParseError::kTruncated);
  const bool compressed = (byte_at(bytes, 0) & 1U) != 0;
  const std::size_t size = compressed ? 1 : 2;
  if (bytes.size() <= size) return Layer::none(ParseError::kTruncated);
  const unsigned protocol = compressed ? byte_at(bytes, 0) : load_be16(bytes.data());
  const Bytes rest = bytes.subspan(size);
  constexpr unsigned kFirstOfControl = 0x8000;  // RFC 1661, 2: of the links and of protocols
  switch (protocol) {
    case 0x0021:
      return {Kind::kIpv4, rest};
    case 0x0057:
      return {Kind::kIpv6, rest};
    case 0x0281:
    case 0x0283:
      return {Kind::kMpls, rest};
    default:
      return Layer::none(protocol >= kFirstOfControl ? ParseError::kNotIp
                                                     : ParseError::kUnknownProtocol);
  }
}

// RFC 1662, 3.1: address 255 and control 3, which may be left out. Cisco's HDLC has other values,
// and then an EtherType.
Layer behind_hdlc(Bytes bytes) {
  if (bytes.size() < 2) return Layer::none(ParseError::kTruncated);
  switch (load_be16(bytes.data())) {
    case 0xff03:
      return layer_behind(Kind::kPpp, bytes, 2);
    case 0x0f00:
    case 0x8f00:
      return layer_behind(Kind::kEtherType, bytes, 2);
    default:
      return {Kind::kPpp, bytes};
  }
}

// RFC 1042: LLC with SNAP is followed by an EtherType. Without it, it is a switch's or a router's.
Layer behind_llc(Bytes bytes) {
  constexpr std::size_t kSnap = 6;
  if (bytes.size() < kSnap) return Layer::none(ParseError::kTruncated);
  const bool snap = load_be32(bytes.data()) == 0xaaaa0300 && load_be16(&bytes[4]) == 0;
  return snap ? layer_behind(Kind::kEtherType, bytes, kSnap) : Layer::none(ParseError::kNotIp);
}

// Lengths are in the byte order of the host that captured: little-endian, wherever such files come
// from today.
Layer in_nflog(Bytes bytes) {
  constexpr std::size_t kHeader = 4;
  constexpr std::size_t kAttributeHeader = 4;
  constexpr unsigned kPayload = 9;  // NFULA_PAYLOAD
  std::size_t at = kHeader;
  while (at + kAttributeHeader <= bytes.size()) {
    const std::size_t length = byte_at(bytes, at) | byte_at(bytes, at + 1) << 8U;
    const unsigned type = byte_at(bytes, at + 2) | byte_at(bytes, at + 3) << 8U;
    if (type == kPayload) return layer_behind(Kind::kIp, bytes, at + kAttributeHeader);
    if (length < kAttributeHeader) return Layer::none(ParseError::kUnknownProtocol);
    at += (length + 3) / 4 * 4;
  }
  return Layer::none(ParseError::kTruncated);
}

}  // namespace

Layer layer_of_ether_type(std::uint16_t type, Bytes bytes, std::size_t header) {
  constexpr std::uint16_t kFirstType = 0x0600;  // below, it is a length, and LLC follows
  switch (type) {
    case kEtherTypeIpv4:
      return layer_behind(Kind::kIpv4, bytes, header);
    case 0x86dd:
      return layer_behind(Kind::kIpv6, bytes, header);
    case 0x8100:  // 802.1Q
    case 0x88a8:  // 802.1ad
    case 0x9100:  // what switches used before there was 802.1ad
    case 0x9200:
    case 0x9300:
      return layer_behind(Kind::kTag, bytes, header);
    case 0x8847:
    case 0x8848:
      return layer_behind(Kind::kMpls, bytes, header);
    case 0x8864:
      return layer_behind(Kind::kPppoe, bytes, header);
    case 0x880b:
      return layer_behind(Kind::kPpp, bytes, header);
    case 0x6558:  // transparent bridging: of tunnels
      return layer_behind(Kind::kEthernet, bytes, header);
    case 0x0806:  // ARP
    case 0x8035:  // RARP
    case 0x8808:  // flow control
    case 0x8809:  // LACP
    case 0x8863:  // PPPoE's discovery
    case 0x888e:  // 802.1X
    case 0x88cc:  // LLDP
    case 0x88f7:  // PTP
    case 0x8902:  // 802.1ag
    case 0x9000:  // loopback test
      return Layer::none(ParseError::kNotIp);
    default:
      return type < kFirstType ? layer_behind(Kind::kLlc, bytes, header)
                               : Layer::none(ParseError::kUnknownProtocol);
  }
}

Layer next_layer(const Layer& layer) {
  switch (layer.kind) {
    case Kind::kEthernet:
      return typed(layer.bytes, kEthernetHeader - kEtherTypeSize, kEthernetHeader);
    case Kind::kEtherType:
      return typed(layer.bytes, 0, kEtherTypeSize);
    case Kind::kTag:
      return typed(layer.bytes, kTagSize - kEtherTypeSize, kTagSize);
    case Kind::kLlc:
      return behind_llc(layer.bytes);
    case Kind::kMpls:
      return behind_label(layer.bytes);
    case Kind::kPppoe:
      return behind_pppoe(layer.bytes);
    case Kind::kPpp:
      return behind_ppp(layer.bytes);
    case Kind::kIp:
    case Kind::kIpv4:
    case Kind::kIpv6:
    case Kind::kNone:
      break;
  }
  return layer;
}

Layer follow_to_ip(Layer layer, int& layers) {
  for (;;) {
    if (layer.kind == Kind::kIpv4 || layer.kind == Kind::kIpv6 || layer.kind == Kind::kNone) {
      return layer;
    }
    if (layer.kind == Kind::kIp) return by_version(layer.bytes);
    if (layers-- == 0) return Layer::none(ParseError::kTooDeep);
    layer = next_layer(layer);
  }
}

std::optional<LinkType> link_type(int type) {
  switch (type) {
    case 0:
    case 108:
      return LinkType::kNull;
    case 1:
      return LinkType::kEthernet;
    case 9:
    case 50:
      return LinkType::kPpp;
    case 12:  // DLT_RAW here, and OpenBSD's; in files it is 101
    case 14:
    case 101:
    case 228:
    case 229:
      return LinkType::kRaw;
    case 51:
      return LinkType::kPppoe;
    case 104:
      return LinkType::kCiscoHdlc;
    case 109:
      return LinkType::kEncrypted;
    case 113:
      return LinkType::kLinuxSll;
    case 166:
      return LinkType::kPppd;
    case 204:
      return LinkType::kPppWithDirection;
    case 205:
      return LinkType::kCiscoHdlcWithDirection;
    case 219:
      return LinkType::kMpls;
    case 239:
      return LinkType::kNflog;
    case 276:
      return LinkType::kLinuxSll2;
    default:
      return std::nullopt;
  }
}

Layer link_header(LinkType type, Bytes frame) {
  switch (type) {
    case LinkType::kNull:
      return layer_behind(Kind::kIp, frame, kNullHeader);
    case LinkType::kEthernet:
      return {Kind::kEthernet, frame};
    case LinkType::kRaw:
      return {Kind::kIp, frame};
    case LinkType::kLinuxSll:
      return typed(frame, kSllHeader - kEtherTypeSize, kSllHeader);
    case LinkType::kLinuxSll2:
      return typed(frame, 0, kSll2Header);
    case LinkType::kPpp:
    case LinkType::kCiscoHdlc:
      return behind_hdlc(frame);
    case LinkType::kPppWithDirection:
    case LinkType::kCiscoHdlcWithDirection:
      return behind_hdlc(frame.empty() ? frame : frame.subspan(1));
    case LinkType::kPppd:
      return layer_behind(Kind::kPpp, frame, 2);
    case LinkType::kPppoe:
      return {Kind::kPppoe, frame};
    case LinkType::kMpls:
      return {Kind::kMpls, frame};
    case LinkType::kEncrypted:
      return layer_behind(Kind::kIp, frame, kEncHeader);
    case LinkType::kNflog:
      return in_nflog(frame);
  }
  return Layer::none(ParseError::kUnknownProtocol);
}

Bytes strip_link_layer(LinkType type, Bytes frame) {
  if (is_plain_ipv4(type, frame)) return frame.subspan(kEthernetHeader);
  int layers = kMaxLayers;
  const Layer layer = follow_to_ip(link_header(type, frame), layers);
  return layer.kind == Kind::kIpv4 ? layer.bytes : Bytes{};
}

}  // namespace tcpcopy::net
