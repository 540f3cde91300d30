// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tcpcopy {

/// The hardware address of an Ethernet device (IEEE 802, EUI-48).
struct MacAddress {
  std::array<std::byte, 6> octets{};

  /// @param text six octets of two hexadecimal digits, as `02:00:00:00:00:01`.
  /// @return nothing when the text is no such address.
  static std::optional<MacAddress> parse(std::string_view text);

  /// As parse() takes it, in small letters.
  std::string to_string() const;

  friend constexpr bool operator==(const MacAddress&, const MacAddress&) = default;
};

}  // namespace tcpcopy
