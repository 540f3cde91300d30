// SPDX-License-Identifier: BSD-3-Clause
// Packets of the simulated network as the cores know them.
#pragma once

#include <span>
#include <string>

#include "tcpcopy/segment.hh"
#include "tests/sim/mini_tcp.hh"

namespace tcpcopy::sim {

/// Binds a packet's numbers to sequence spaces, without its payload.
template <typename SegmentType>
SegmentType to_segment(const Packet& packet) {
  SegmentType segment;
  segment.source = packet.source;
  segment.destination = packet.destination;
  segment.seq = decltype(segment.seq)(packet.seq);
  segment.ack = decltype(segment.ack)(packet.ack);
  segment.flags = {packet.flags};
  segment.window = packet.window;
  segment.options = packet.options;
  for (const auto& [begin, end] : packet.sacks)
    segment.sacks[segment.sack_count++] = {decltype(segment.ack)(begin),
                                           decltype(segment.ack)(end)};
  segment.payload_length = static_cast<std::uint32_t>(packet.payload.size());
  return segment;
}

inline Packet to_packet(const ReplaySegment& segment, std::span<const Bytes> payload) {
  Packet packet;
  packet.source = segment.source;
  packet.destination = segment.destination;
  packet.seq = segment.seq.raw;
  packet.ack = segment.ack.raw;
  packet.flags = segment.flags.bits;
  packet.window = segment.window;
  packet.options = segment.options;
  for (std::size_t i = 0; i < segment.sack_count; ++i)
    packet.sacks.emplace_back(segment.sacks[i].begin.raw, segment.sacks[i].end.raw);
  for (const Bytes piece : payload) {
    for (const std::byte byte : piece)
      packet.payload += static_cast<char>(byte);
  }
  return packet;
}

inline Bytes as_bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

}  // namespace tcpcopy::sim
