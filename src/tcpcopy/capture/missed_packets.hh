// SPDX-License-Identifier: BSD-3-Clause
// Chooses packets that capture is to miss, as it does when a host cannot keep up. For tests alone:
// --lose-captured, which CONTRIBUTING.md tells of. The choice is the same in every run.
#pragma once

#include <cstdint>

#include "tcpcopy/capture/settings.hh"

namespace tcpcopy::capture {

class MissedPackets {
 public:
  MissedPackets() = default;
  /// @param share of kLoseOutOf packets so many are missed.
  explicit MissedPackets(std::uint32_t share) : share_(share) {}

  /// @return whether the next packet is missed.
  bool next() {
    if (share_ == 0) return false;
    // Knuth's linear congruential generator (MMIX); its high bits.
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    const bool missed = (state_ >> 33U) % kLoseOutOf < share_;
    if (missed) ++count_;
    return missed;
  }

  std::uint64_t count() const { return count_; }

 private:
  std::uint32_t share_ = 0;
  std::uint64_t state_ = 1;
  std::uint64_t count_ = 0;
};

}  // namespace tcpcopy::capture
