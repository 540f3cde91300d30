// SPDX-License-Identifier: BSD-3-Clause
// The client port of a session on the target: the client's own wherever it is free.
#pragma once

#include <cstdint>
#include <optional>

#include "tcpcopy/address.hh"

namespace tcpcopy::session {

/// The ports to try for a client, one after the other: its own, then others in an order that
/// depends on the client alone, so that the same traffic gets the same ports.
class PortCandidates {
 public:
  static constexpr std::uint16_t kFirst = 1024;
  /// So many are tried before a session is given up: at 99 % of the ports in use, one is found in
  /// all but 8 of 100 cases, and the work stays bounded.
  static constexpr int kMaxTries = 256;

  explicit PortCandidates(const Endpoint& client);

  /// @return the next candidate; nothing when all were tried.
  std::optional<std::uint16_t> next();

 private:
  std::uint32_t state_;
  std::uint16_t own_;
  int tries_ = 0;
};

}  // namespace tcpcopy::session
