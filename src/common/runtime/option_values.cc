// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/option_values.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "common/runtime/errors.hh"

namespace tcpcopy::runtime {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

std::uint64_t parse_number(std::string_view what, std::string_view text, std::uint64_t low,
                           std::uint64_t high) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high) {
    throw UsageError(fmt::format("{}: '{}' is not a number from {} to {}", what, text, low, high));
  }
  return value;
}

double parse_real(std::string_view what, std::string_view text, double low, double high,
                  std::string_view accepted) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= low) ||
      !(value <= high)) {
    throw UsageError(fmt::format("{}: '{}' is not {}", what, text, accepted));
  }
  return value;
}

std::uint16_t parse_port(std::string_view what, std::string_view text) {
  return static_cast<std::uint16_t>(parse_number(what, text, 1, 65535));
}

Address parse_address(std::string_view what, std::string_view text) {
  if (const auto address = Address::parse_v4(text)) return *address;
  if (text.find_first_of("[:") != std::string_view::npos) {
    throw UsageError(
        fmt::format("{}: '{}': IPv6 is not supported yet, give an IPv4 address", what, text));
  }
  throw UsageError(fmt::format("{}: '{}' is not an IPv4 address such as 10.0.0.1{}", what, text,
                               is_host_name(text) ? "; host names are not accepted" : ""));
}

bool is_host_name(std::string_view text) {
  constexpr std::size_t kLongest = 253;  // RFC 1035, 2.3.4, written with dots
  if (text.empty() || text.size() > kLongest || !is_alphanumeric(text.front())) return false;
  const auto allowed = [](char c) {
    return is_alphanumeric(c) || c == '-' || c == '.' || c == '_';
  };
  if (!std::all_of(text.begin(), text.end(), allowed)) return false;
  // What ends in a number is an address, or was meant to be one (RFC 1123, 2.1). The system would
  // even take 10.1 and 0x0a000001 for addresses.
  while (text.ends_with('.'))
    text.remove_suffix(1);
  const std::string_view last = text.substr(text.rfind('.') + 1);
  const bool hexadecimal = last.starts_with("0x") || last.starts_with("0X");
  return !hexadecimal && last.find_first_not_of("0123456789") != std::string_view::npos;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + 1);
    if (text.empty()) parts.push_back(text);
  }
  return parts;
}

std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> items = split(text, ',');
  std::transform(items.begin(), items.end(), items.begin(), trimmed);
  return items;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) + 1 - first);
}

}  // namespace tcpcopy::runtime
