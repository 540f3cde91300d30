// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/mac_address.hh"

#include <charconv>

namespace tcpcopy {
namespace {

constexpr std::size_t kOctetText = 3;  // two digits and what stands behind them

}  // namespace

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  MacAddress address;
  if (text.size() != kOctetText * address.octets.size() - 1) return std::nullopt;
  for (std::size_t i = 0; i < address.octets.size(); ++i) {
    const char* begin = text.data() + kOctetText * i;
    if (i > 0 && begin[-1] != ':') return std::nullopt;
    unsigned value = 0;
    const auto [end, error] = std::from_chars(begin, begin + 2, value, 16);
    if (error != std::errc() || end != begin + 2) return std::nullopt;
    address.octets[i] = static_cast<std::byte>(value);
  }
  return address;
}

std::string MacAddress::to_string() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::byte octet : octets) {
    if (!text.empty()) text += ':';
    text += kDigits[std::to_integer<std::size_t>(octet) >> 4U];
    text += kDigits[std::to_integer<std::size_t>(octet) & 0x0fU];
  }
  return text;
}

}  // namespace tcpcopy
