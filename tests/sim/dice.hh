// SPDX-License-Identifier: BSD-3-Clause
// All randomness of a scenario, from its seed (splitmix64).
#pragma once

#include <cstddef>
#include <cstdint>

namespace tcpcopy::sim {

class Dice {
 public:
  // Mixed once more, for the sequences of seeds that follow each other would be the same, one
  // apart.
  explicit Dice(std::uint64_t seed) : state_(seed) { state_ = next() * 0x2545f4914f6cdd1dULL; }

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30U) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27U) * 0x94d049bb133111ebULL;
    return z ^ z >> 31U;
  }
  /// In [low, high].
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool chance(double probability) {
    return static_cast<double>(next() >> 11U) * 0x1.0p-53 < probability;
  }
  template <typename T, std::size_t N>
  T pick(const T (&values)[N]) {
    return values[next() % N];
  }

 private:
  std::uint64_t state_;
};

}  // namespace tcpcopy::sim
