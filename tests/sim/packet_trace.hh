// SPDX-License-Identifier: BSD-3-Clause
// Prints packets, with numbers that count from the SYN of their flow.
#pragma once

#include <cstdint>
#include <map>

#include "tcpcopy/address.hh"
#include "tests/sim/mini_tcp.hh"

namespace tcpcopy::sim {

class PacketTrace {
 public:
  void start() { on_ = true; }

  /// @param elapsed since the scenario began.
  /// @param where the packet is, in a word or two.
  void note(Duration elapsed, const char* where, const Packet& packet);

 private:
  std::uint32_t relative(const FlowKey& flow, std::uint32_t number) const;

  bool on_ = false;
  std::map<FlowKey, std::uint32_t> from_;  // the number of a flow's SYN
};

}  // namespace tcpcopy::sim
