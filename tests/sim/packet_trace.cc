// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/packet_trace.hh"

#include <cstdio>
#include <string>
#include <utility>

namespace tcpcopy::sim {
namespace {

std::string letters(const Packet& packet) {
  std::string flags;
  for (const auto& [letter, bit] : {std::pair('S', TcpFlags::kSyn),
                                    {'F', TcpFlags::kFin},
                                    {'R', TcpFlags::kRst},
                                    {'A', TcpFlags::kAck}}) {
    if (packet.has(bit)) flags += letter;
  }
  return flags;
}

}  // namespace

void PacketTrace::note(Duration elapsed, const char* where, const Packet& packet) {
  if (!on_) return;
  const FlowKey flow{packet.source, packet.destination};
  if (packet.has(TcpFlags::kSyn)) from_[flow] = packet.seq;
  const std::uint32_t ack =
      packet.has(TcpFlags::kAck) ? relative({packet.destination, packet.source}, packet.ack) : 0;
  std::printf("%10.6f %-18s %5u>%-5u %-3s seq %u ack %u len %zu win %u\n",
              std::chrono::duration<double>(elapsed).count(), where, packet.source.port,
              packet.destination.port, letters(packet).c_str(), relative(flow, packet.seq), ack,
              packet.payload.size(), packet.window);
}

std::uint32_t PacketTrace::relative(const FlowKey& flow, std::uint32_t number) const {
  const auto from = from_.find(flow);
  return from == from_.end() ? number : number - from->second;
}

}  // namespace tcpcopy::sim
