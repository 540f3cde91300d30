// SPDX-License-Identifier: BSD-3-Clause
// The values of options that both daemons take. Each function throws UsageError with one line that
// says what is wrong, what was given and what is accepted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tcpcopy/address.hh"

namespace tcpcopy::runtime {

/// A decimal number in [low, high]. `what` names it in the error, as in "-x: the online port".
std::uint64_t parse_number(std::string_view what, std::string_view text, std::uint64_t low,
                           std::uint64_t high);

/// A decimal number in [low, high], which may have a fraction.
/// @param accepted how the error describes the range.
double parse_real(std::string_view what, std::string_view text, double low, double high,
                  std::string_view accepted);

/// 1 to 65535.
std::uint16_t parse_port(std::string_view what, std::string_view text);

/// Whether the text can be the name of a host, and nothing else: no address, none with a mistake.
bool is_host_name(std::string_view text);

/// Dotted decimal. Names and IPv6 addresses are refused with a word of their own.
Address parse_address(std::string_view what, std::string_view text);

/// Splits at a separator; no text has no parts.
std::vector<std::string_view> split(std::string_view text, char separator);

/// Splits a list at commas; spaces around its items do not count.
std::vector<std::string_view> split_list(std::string_view text);

/// @return the text without the spaces around it.
std::string_view trimmed(std::string_view text);

}  // namespace tcpcopy::runtime
