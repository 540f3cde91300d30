// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/network.hh"

#include <bit>
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

std::string network_of(const std::vector<Address>& addresses) {
  const std::uint32_t first = addresses.front().v4_bits();
  std::uint32_t differing = 0;
  for (const Address& address : addresses)
    differing |= address.v4_bits() ^ first;
  const auto host_bits = static_cast<unsigned>(std::bit_width(differing));
  const auto mask = static_cast<std::uint32_t>(0xffffffffULL << host_bits);
  return Address::v4(first & mask).to_string() + "/" + std::to_string(32 - host_bits);
}

}  // namespace tcpcopy::net
