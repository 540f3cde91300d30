// SPDX-License-Identifier: BSD-3-Clause
// Whether a packet of a device goes no further because its checksum is wrong: the online server's
// kernel drops it, and the client sends it again. Neither libpcap nor a raw socket tells what the
// kernel knows of a checksum. So wrong ones are believed to be wrong as long as they are rare. A
// device that merges segments and leaves the checksum of one of them makes many, and is taken for
// that: what it brings is replayed as it is.
#pragma once

#include <cstdint>

namespace tcpcopy::capture {

class ChecksumDoubts {
 public:
  /// @param wrong of the next packet: see has_bad_checksum(). @return whether it is refused.
  bool refuses(bool wrong) {
    if (++seen_ == kRemembered) {
      seen_ /= 2;
      wrong_ /= 2;
    }
    if (!wrong) return false;
    ++wrong_;
    return rare();
  }

  /// Wrong ones are no more than a line makes that is damaged.
  bool rare() const { return wrong_ <= kFew || wrong_ * kShare <= seen_; }

 private:
  static constexpr std::uint32_t kFew = 4;
  static constexpr std::uint32_t kShare = 50;  // one of so many
  static constexpr std::uint32_t kRemembered = 1U << 16U;

  std::uint32_t seen_ = 0;
  std::uint32_t wrong_ = 0;
};

}  // namespace tcpcopy::capture
