// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/address.hh"

#include <charconv>

namespace tcpcopy {

std::optional<Address> Address::parse_v4(std::string_view text) {
  std::uint32_t bits = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (text.empty() || text.front() != '.') return std::nullopt;
      text.remove_prefix(1);
    }
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (error != std::errc() || value > 255 || digits > 3) return std::nullopt;
    text.remove_prefix(digits);
    bits = bits << 8U | value;
  }
  if (!text.empty()) return std::nullopt;
  return v4(bits);
}

std::string Address::to_string() const {
  std::string text;
  if (is_v4()) {
    for (unsigned shift = 32; shift > 0; shift -= 8) {
      if (!text.empty()) text += '.';
      text += std::to_string(v4_bits() >> (shift - 8) & 0xffU);
    }
    return text;
  }
  for (const std::uint32_t word : words_) {
    for (unsigned shift = 32; shift > 0; shift -= 16) {
      if (!text.empty()) text += ':';
      std::array<char, 4> digits{};
      const auto group = word >> (shift - 16) & 0xffffU;
      const auto [end, error] = std::to_chars(digits.data(), digits.data() + 4, group, 16);
      text.append(digits.data(), end);
    }
  }
  return text;
}

std::string Endpoint::to_string() const {
  const std::string host = address.is_v4() ? address.to_string() : '[' + address.to_string() + ']';
  return host + ':' + std::to_string(port);
}

}  // namespace tcpcopy
