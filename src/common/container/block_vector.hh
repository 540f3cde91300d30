// SPDX-License-Identifier: BSD-3-Clause
// A vector that grows by blocks: its elements never move, and no push_back() copies what is there.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace tcpcopy {

template <typename T>
class BlockVector {
 public:
  static constexpr std::size_t kBlock = 4096;  ///< elements

  T& operator[](std::size_t index) { return (*blocks_[index / kBlock])[index % kBlock]; }
  const T& operator[](std::size_t index) const {
    return (*blocks_[index / kBlock])[index % kBlock];
  }

  void push_back(const T& value) {
    if (size_ % kBlock == 0) blocks_.push_back(std::make_unique<std::array<T, kBlock>>());
    (*this)[size_++] = value;
  }

  std::size_t size() const { return size_; }

 private:
  std::vector<std::unique_ptr<std::array<T, kBlock>>> blocks_;
  std::size_t size_ = 0;
};

}  // namespace tcpcopy
