// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/screen/number_texts.hh"

#include <algorithm>
#include <array>
#include <charconv>

namespace tcpcopy::screen {
namespace {

constexpr std::uint64_t kMostGrouped = 99'999'999'999;

std::string with_tenth(double value) {
  std::array<char, 64> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, 1);
  return end.ec == std::errc() ? std::string(text.data(), end.ptr) : "?";
}

std::string grouped(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3;)
    text.insert(at -= 3, ",");
  return text;
}

std::string two_digits(std::int64_t number) {
  const std::string text = std::to_string(number);
  return text.size() < 2 ? "0" + text : text;
}

}  // namespace

std::string count_text(std::uint64_t count) {
  constexpr std::uint64_t kTenth = 100'000'000;  // of a billion
  if (count <= kMostGrouped) return grouped(count);
  return grouped(count / kTenth / 10) + "." + std::to_string(count / kTenth % 10) + " G";
}

std::string rate_text(double per_second) {
  constexpr double kExact = 99.95;
  if (per_second < kExact) return with_tenth(per_second);
  return count_text((static_cast<std::uint64_t>(2 * per_second) + 1) / 2);
}

std::string bytes_text(double bytes) {
  constexpr double kStep = 1000;
  constexpr double kRoundsUp = 999.95;
  if (bytes < kStep) return std::to_string(static_cast<int>(bytes)) + " B";
  constexpr std::array<const char*, 5> kUnits{" KB", " MB", " GB", " TB", " PB"};
  std::size_t unit = 0;
  for (bytes /= kStep; bytes >= kRoundsUp && unit + 1 < kUnits.size(); ++unit)
    bytes /= kStep;
  return with_tenth(bytes) + kUnits[unit];
}

std::string clock_text(Duration time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  constexpr int kDay = 24;
  const auto hours = seconds / 3600;
  const std::string days = hours < kDay ? "" : std::to_string(hours / kDay) + "d ";
  return days + std::to_string(hours % kDay) + ":" + two_digits(seconds / 60 % 60) + ":" +
         two_digits(seconds % 60);
}

std::string ms_text(Duration time) { return with_tenth(static_cast<double>(time.count()) / 1e6); }

std::string percent_text(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  constexpr double kNearlyAll = 99.9;
  const double percent = 100 * static_cast<double>(part) / static_cast<double>(whole);
  if (part >= whole) return "100 %";
  if (part == 0) return "0 %";
  return with_tenth(std::clamp(percent, 0.1, kNearlyAll)) + " %";
}

std::string right(std::string_view text, std::size_t width) {
  if (text.size() >= width) return std::string(text.substr(0, width));
  return std::string(width - text.size(), ' ').append(text);
}

std::string left(std::string_view text, std::size_t width) {
  std::string padded(text.substr(0, width));
  padded.resize(width, ' ');
  return padded;
}

std::string harmless(std::string_view text) {
  std::string plain(text);
  std::replace_if(
      plain.begin(), plain.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return plain;
}

}  // namespace tcpcopy::screen
