// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/network.hh"

#include <charconv>

namespace tcpcopy::net {

std::optional<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = Address::parse_v4(text.substr(0, slash));
  if (!address) return std::nullopt;
  unsigned prefix = 32;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const char* end = digits.data() + digits.size();
    const auto [rest, error] = std::from_chars(digits.data(), end, prefix);
    if (error != std::errc() || rest != end || prefix > 32) return std::nullopt;
  }
  Network network;
  // All 32 bits are shifted out for /0, which C++ leaves undefined in 32 bits.
  network.mask_ = static_cast<std::uint32_t>(0xffffffffULL << (32 - prefix));
  network.bits_ = address->v4_bits() & network.mask_;
  return network;
}

}  // namespace tcpcopy::net
