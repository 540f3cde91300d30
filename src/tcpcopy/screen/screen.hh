// SPDX-License-Identifier: BSD-3-Clause
// What --live shows: figures and a size in, lines out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tcpcopy/screen/history.hh"

namespace tcpcopy::screen {

struct Size {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

enum class Style : std::uint8_t { kPlain, kHead, kBad };

struct Line {
  std::string text;  ///< printable ASCII, no longer than there are columns
  Style style = Style::kPlain;
};

/// What there is beside the figures.
struct Around {
  std::string title;  ///< the program, and what is replayed to where
  Duration up{0};
  std::string files;                  ///< how far files have come; empty without files
  std::vector<std::string> warnings;  ///< the latest last
};

/// At most as many lines as there are rows. What is most needed stands first; below it are losses
/// and warnings, as many as there is room for.
std::vector<Line> draw(const History& history, const Around& around, Size size);

/// The same in one line, for what is no terminal.
std::string line_of(const History& history, const Around& around);

}  // namespace tcpcopy::screen
