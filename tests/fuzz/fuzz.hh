// SPDX-License-Identifier: BSD-3-Clause
// What all fuzz targets share. A target is one LLVMFuzzerTestOneInput; libFuzzer drives it in the
// preset `fuzz`, replay.cc in the ordinary tests.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "tcpcopy/segment.hh"

// libFuzzer's name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace tcpcopy::fuzz {

/// Ends the process when what must hold does not.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: this must hold and does not: %s\n", what);
  std::abort();
}

/// An input, taken from its front.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(std::as_bytes(std::span(data, size))) {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    const Bytes one = take(1);
    return one.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(one[0]);
  }
  std::uint32_t number(std::size_t bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      value = value << 8U | byte();
    return value;
  }
  Bytes take(std::size_t most) {
    const Bytes taken = rest_.first(std::min(most, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  Bytes rest() { return take(rest_.size()); }

 private:
  Bytes rest_;
};

/// Cuts bytes into pieces whose sizes follow from a seed: reads of a link may end anywhere.
class Pieces {
 public:
  Pieces(Bytes whole, std::uint8_t seed) : rest_(whole), state_(seed * 2654435761U + 1U) {}

  bool empty() const { return rest_.empty(); }
  Bytes next() {
    state_ = state_ * 1664525U + 1013904223U;
    const std::size_t size = 1 + (state_ >> 16U) % 100;  // around the size of a record
    const Bytes piece = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(piece.size());
    return piece;
  }

 private:
  Bytes rest_;
  std::uint32_t state_;
};

/// Whether `part` lies inside `whole`, or is empty.
inline bool inside(Bytes part, Bytes whole) {
  if (part.empty()) return true;
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

inline bool same_bytes(Bytes a, Bytes b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace tcpcopy::fuzz
