// SPDX-License-Identifier: BSD-3-Clause
// What the options say that the replay engine has to know.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "tcpcopy/time.hh"

namespace tcpcopy::session {

struct Settings {
  std::uint16_t mtu = 1500;          ///< -M: bytes of an IP packet towards the target
  std::uint16_t made_up_mss = 1460;  ///< -D: offered when the client's SYN was not seen
  bool turn_order = true;            ///< off with -W
  bool only_from_start = false;      ///< -O: only sessions whose SYN was seen
  std::optional<Duration> rtt;       ///< -R: instead of the measured round trip
  Duration session_timeout = std::chrono::seconds(600);  ///< -t: without progress of the target
  Duration idle_timeout = std::chrono::hours(24);        ///< -k: without a packet of the client
  Duration max_lag{0};  ///< --max-lag: older requests are given up; 0: never

  std::uint16_t copies = 1;      ///< -n: sessions for each connection of a client, 1 to 1023
  std::uint16_t port_group = 0;  ///< -f: moves all ports, 0 to 1023; 0: they stay
  std::uint16_t port_salt = 0;   ///< added to ports that move, 0 to 511; drawn once in a run
  std::uint8_t percent = 100;    ///< -r: share of the clients' connections
  Duration ramp{0};              ///< --ramp, -g: the share grows from 0 over this time

  std::uint64_t max_sessions = 2'000'000;
  std::uint32_t max_held_per_session = 64U << 20U;  ///< bytes
  /// Those that cannot be merged: as many full segments are three times max_held_per_session, so an
  /// upload does not come here.
  std::size_t max_pieces_per_session = std::size_t{1} << 17U;
  std::uint64_t max_memory = std::uint64_t{2} << 30U;  ///< -m: bytes, all sessions
};

}  // namespace tcpcopy::session
