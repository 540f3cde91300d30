// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/link_layer.hh"

#include "common/net/bytes.hh"

namespace tcpcopy::net {
namespace {

constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
constexpr std::uint16_t kEtherType8021q = 0x8100;
constexpr std::uint16_t kEtherType8021ad = 0x88a8;
constexpr std::size_t kTagSize = 4;
constexpr int kMaxTags = 2;

// Bytes in front of the IP header, and where among them the EtherType stands.
struct Layout {
  std::size_t header;
  std::size_t ether_type;
};
constexpr Layout kEthernetLayout{14, 12};
constexpr Layout kSllLayout{16, 14};
constexpr Layout kSll2Layout{20, 0};
constexpr std::size_t kNullHeader = 4;

Bytes from(Bytes frame, std::size_t at) { return at < frame.size() ? frame.subspan(at) : Bytes{}; }

Bytes strip(Bytes frame, Layout layout) {
  if (frame.size() < layout.header) return {};
  std::uint16_t ether_type = load_be16(&frame[layout.ether_type]);
  std::size_t at = layout.header;
  for (int tags = 0; tags < kMaxTags; ++tags) {
    if (ether_type != kEtherType8021q && ether_type != kEtherType8021ad) break;
    if (frame.size() < at + kTagSize) return {};
    ether_type = load_be16(&frame[at + 2]);
    at += kTagSize;
  }
  return ether_type == kEtherTypeIpv4 ? from(frame, at) : Bytes{};
}

}  // namespace

std::optional<LinkType> link_type(int dlt) {
  constexpr int kDltRaw = 12;
  constexpr int kDltSll2 = 276;
  switch (dlt) {
    case 0:
      return LinkType::kNull;
    case 1:
      return LinkType::kEthernet;
    case kDltRaw:
    case 101:
      return LinkType::kRaw;
    case 113:
      return LinkType::kLinuxSll;
    case kDltSll2:
      return LinkType::kLinuxSll2;
    default:
      return std::nullopt;
  }
}

Bytes strip_link_layer(LinkType type, Bytes frame) {
  switch (type) {
    case LinkType::kNull:
      return from(frame, kNullHeader);
    case LinkType::kEthernet:
      return strip(frame, kEthernetLayout);
    case LinkType::kRaw:
      return frame;
    case LinkType::kLinuxSll:
      return strip(frame, kSllLayout);
    case LinkType::kLinuxSll2:
      return strip(frame, kSll2Layout);
  }
  return {};
}

}  // namespace tcpcopy::net
