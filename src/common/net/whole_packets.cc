// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/whole_packets.hh"

namespace tcpcopy::net {
namespace {

constexpr int kMaxNested = 4;  // fragments inside of a tunnel that came in fragments, and so on

}  // namespace

std::optional<CapturedPacket> WholePackets::add_fragment(Bytes fragment, Duration time) {
  for (int i = 0; i < kMaxNested; ++i) {
    const auto whole = fragments_.add(fragment, time);
    if (!whole) return std::nullopt;
    const CapturedPacket packet = decapsulate(LinkType::kRaw, *whole);
    if (!Fragments::is_fragment(packet.bytes)) return packet;
    fragment = packet.bytes;
  }
  return CapturedPacket{{}, 0, ParseError::kTooDeep};
}

}  // namespace tcpcopy::net
