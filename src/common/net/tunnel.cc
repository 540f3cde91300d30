// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/tunnel.hh"

#include <optional>

#include "common/net/bytes.hh"
#include "common/net/link_layer.hh"
#include "common/net/packet_parser.hh"

namespace tcpcopy::net {
namespace {

constexpr std::size_t kIpv4Header = 20;  // without options
constexpr std::uint8_t kProtocolIpip = 4;
constexpr std::uint8_t kProtocolGre = 47;
constexpr std::uint16_t kFragmentBits = 0x3fff;  // more fragments, and the offset

constexpr std::size_t kUdpHeader = 8;
constexpr std::uint16_t kVxlanPort = 4789;
constexpr std::uint16_t kOldVxlanPort = 8472;  // Linux's before IANA gave one
constexpr std::size_t kVxlanHeader = 8;
constexpr std::byte kVxlanHasId{0x08};

// RFC 2784, 2.1 and RFC 2890, 2.
constexpr std::uint16_t kGreChecksum = 0x8000;
constexpr std::uint16_t kGreRouting = 0x4000;
constexpr std::uint16_t kGreKey = 0x2000;
constexpr std::uint16_t kGreSequence = 0x1000;
constexpr std::uint16_t kGreVersion = 0x0007;
constexpr std::size_t kGreHeader = 4;

constexpr std::uint16_t kTypeIpv4 = 0x0800;
constexpr std::uint16_t kTypeEthernet = 0x6558;
constexpr std::uint16_t kTypeErspan = 0x88be;  // types I and II
constexpr std::uint16_t kTypeErspan3 = 0x22eb;
constexpr std::size_t kErspan2Header = 8;
constexpr std::size_t kErspan3Header = 12;
constexpr std::size_t kErspan3Platform = 8;  // stands behind the header when its last bit is set
constexpr std::byte kErspan3HasPlatform{0x01};

Bytes behind(Bytes bytes, std::size_t at) {
  return at < bytes.size() ? bytes.subspan(at) : Bytes{};
}

Bytes in_ethernet(Bytes frame) { return strip_link_layer(LinkType::kEthernet, frame); }

Bytes in_gre(Bytes gre) {
  if (gre.size() < kGreHeader) return {};
  const std::uint16_t flags = load_be16(&gre[0]);
  if ((flags & (kGreRouting | kGreVersion)) != 0) return {};
  std::size_t header = kGreHeader;
  for (const std::uint16_t field : {kGreChecksum, kGreKey, kGreSequence})
    header += (flags & field) != 0 ? 4U : 0U;
  const Bytes payload = behind(gre, header);
  switch (load_be16(&gre[2])) {
    case kTypeIpv4:
      return payload;
    case kTypeEthernet:
      return in_ethernet(payload);
    case kTypeErspan:  // type I has neither a sequence number nor a header
      return in_ethernet((flags & kGreSequence) != 0 ? behind(payload, kErspan2Header) : payload);
    case kTypeErspan3: {
      if (payload.size() < kErspan3Header) return {};
      const bool platform = (payload[kErspan3Header - 1] & kErspan3HasPlatform) != std::byte{0};
      return in_ethernet(behind(payload, kErspan3Header + (platform ? kErspan3Platform : 0)));
    }
    default:
      return {};
  }
}

// Nothing when the datagram is not of VXLAN.
std::optional<Bytes> in_udp(Bytes udp) {
  if (udp.size() < kUdpHeader) return std::nullopt;
  const std::uint16_t port = load_be16(&udp[2]);
  if (port != kVxlanPort && port != kOldVxlanPort) return std::nullopt;
  const Bytes vxlan = behind(udp, kUdpHeader);
  if (vxlan.size() < kVxlanHeader || (vxlan[0] & kVxlanHasId) == std::byte{0}) return Bytes{};
  return in_ethernet(behind(vxlan, kVxlanHeader));
}

// Takes one tunnel off. Nothing when there is none.
std::optional<Bytes> inner(Bytes packet) {
  if (packet.size() < kIpv4Header || std::to_integer<unsigned>(packet[0]) >> 4U != 4) {
    return std::nullopt;
  }
  const auto protocol = std::to_integer<std::uint8_t>(packet[9]);
  if (protocol != kProtocolUdp && protocol != kProtocolGre && protocol != kProtocolIpip) {
    return std::nullopt;
  }
  if ((load_be16(&packet[6]) & kFragmentBits) != 0) return std::nullopt;
  const std::size_t header = (std::to_integer<std::size_t>(packet[0]) & 0x0fU) * 4;
  if (header < kIpv4Header) return std::nullopt;
  const Bytes payload = behind(packet, header);
  if (protocol == kProtocolUdp) return in_udp(payload);
  return protocol == kProtocolGre ? in_gre(payload) : payload;
}

}  // namespace

Bytes decapsulate(Bytes packet) {
  for (int depth = 0; depth < kMaxTunnels; ++depth) {
    const auto next = inner(packet);
    if (!next) break;
    packet = *next;
  }
  return packet;
}

}  // namespace tcpcopy::net
