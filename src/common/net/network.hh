// SPDX-License-Identifier: BSD-3-Clause
// A range of addresses: 10.0.0.0/8.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tcpcopy/address.hh"

namespace tcpcopy::net {

class Network {
 public:
  /// @param text `a.b.c.d/0` to `/32`, or one address. Bits behind the prefix are ignored.
  /// @return nothing when the text is neither.
  static std::optional<Network> parse(std::string_view text);

  /// @return false for an address that is not IPv4.
  constexpr bool contains(const Address& address) const {
    return address.is_v4() && (address.v4_bits() & mask_) == bits_;
  }

 private:
  std::uint32_t bits_ = 0;  // host byte order
  std::uint32_t mask_ = 0;
};

/// The smallest network that holds all of them, as `ip route` takes it: `62.135.200.0/24`.
/// REQUIRES: there is one; all are IPv4.
std::string network_of(const std::vector<Address>& addresses);

}  // namespace tcpcopy::net
