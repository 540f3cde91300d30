// SPDX-License-Identifier: BSD-3-Clause
// What the options say of the capture of clients' packets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/pcap/settings.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::capture {

/// --lose-captured: so many packets out of these are missed.
inline constexpr std::uint32_t kLoseOutOf = 100'000;

struct Settings {
  enum class Way {
    kRaw,   ///< a raw socket
    kPcap,  ///< devices, at the link layer
    kFile,  ///< capture files
  };

  Way way = Way::kRaw;               ///< --capture, --pcap-capture, --offline
  std::vector<std::string> sources;  ///< -i: devices, or `any`; or files, globs resolved
  std::string filter;                ///< -F, libpcap's language; empty: made from the rules
  bool udp = false;                  ///< --udp: datagrams instead of connections
  std::uint32_t lost = 0;            ///< --lose-captured, for tests

  // Of devices, and of the raw socket the first.
  int buffer_bytes = 16 << 20;  ///< -B, of each
  int snap_length = 65535;      ///< -S: bytes of a packet
  pcap::Direction direction = pcap::Direction::kIn;

  // Of files.
  std::optional<double> speed = 1;      ///< -a; none: as fast as the sessions allow
  std::optional<Duration> longest_gap;  ///< -I
  int passes = 1;                       ///< -T
};

}  // namespace tcpcopy::capture
