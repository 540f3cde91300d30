// SPDX-License-Identifier: BSD-3-Clause
// Which connections are replayed at all: -r, -g and --ramp.
#pragma once

#include <cstdint>

#include "tcpcopy/address.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::session {

class Sampling {
 public:
  /// @param percent of the connections that are taken in the end, 1 to 100.
  /// @param ramp how long the share takes to grow from 0 to that; zero: it does not grow.
  Sampling(std::uint8_t percent, Duration ramp, Instant start)
      : percent_(percent), ramp_(ramp), start_(start) {}

  void set_percent(std::uint8_t percent) { percent_ = percent; }

  /// Whether a connection of this client is taken. It depends on the address and the port, so the
  /// answer for a connection stays; while the share grows it may turn from no to yes.
  bool takes(const Endpoint& client, Instant now) const;

 private:
  std::uint8_t percent_;
  Duration ramp_;
  Instant start_;
};

}  // namespace tcpcopy::session
