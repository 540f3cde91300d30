// SPDX-License-Identifier: BSD-3-Clause
// Numbers as people read them at a glance, and text in columns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tcpcopy/time.hh"

namespace tcpcopy::screen {

/// `12,345`; what is longer than 11 digits in billions: `1,234.5 G`.
std::string count_text(std::uint64_t count);
/// `0.0`, `12.3`, from a hundred on as a count.
std::string rate_text(double per_second);
/// `999 B`, `1.0 KB`, `12.3 MB`: powers of 1000.
std::string bytes_text(double bytes);
/// `0:12:34`; from a day on `2d 0:12:34`.
std::string clock_text(Duration time);
/// Milliseconds: `0.1`.
std::string ms_text(Duration time);
/// `99.9 %`; 100 only of all, 0 only of none.
std::string percent_text(std::uint64_t part, std::uint64_t whole);

/// The text at the end, or at the beginning, of a column; cut where it is wider.
std::string right(std::string_view text, std::size_t width);
std::string left(std::string_view text, std::size_t width);
/// What a terminal would take for more than letters is `?`.
std::string harmless(std::string_view text);

}  // namespace tcpcopy::screen
