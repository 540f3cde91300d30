// SPDX-License-Identifier: BSD-3-Clause
// The client port of a session on the target: the client's own wherever it is free.
#pragma once

#include <cstdint>
#include <optional>

#include "tcpcopy/address.hh"
#include "tcpcopy/session/settings.hh"

namespace tcpcopy::session {

/// How far the port of a copy is from its client's: by 32 * (2 * copy - 1) for a further copy of
/// -n, by 2048 for each group of -f, and in both cases by the run's salt, so that several tcpcopies
/// seldom meet. As in 1.x.
/// @param copy 0 for the client's own session.
std::uint32_t port_shift(const Settings& settings, std::uint16_t copy);

/// The ports to try for a client, one after the other: its own (moved), then others in an order
/// that depends on the client alone, so that the same traffic gets the same ports.
class PortCandidates {
 public:
  static constexpr std::uint16_t kFirst = 1024;
  /// So many are tried before a session is given up: at 99 % of the ports in use, one is found in
  /// all but 8 of 100 cases, and the work stays bounded.
  static constexpr int kMaxTries = 256;

  /// @param shift see port_shift(); beyond the last port it goes on at kFirst.
  PortCandidates(const Endpoint& client, std::uint32_t shift);

  /// @return the next candidate; nothing when all were tried.
  std::optional<std::uint16_t> next();
  /// The first candidate.
  std::uint16_t preferred() const { return preferred_; }

 private:
  std::uint32_t state_;
  std::uint16_t preferred_;
  int tries_ = 0;
};

}  // namespace tcpcopy::session
