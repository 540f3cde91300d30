// SPDX-License-Identifier: BSD-3-Clause
// A vector that grows and shrinks by blocks: its elements never move, and nothing is ever copied.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace tcpcopy::container {

template <typename T>
class BlockVector {
 public:
  static constexpr std::size_t kBlock = 4096;  ///< elements

  T& operator[](std::size_t index) { return (*blocks_[index / kBlock])[index % kBlock]; }
  const T& operator[](std::size_t index) const {
    return (*blocks_[index / kBlock])[index % kBlock];
  }

  void push_back(const T& value) {
    if (size_ == blocks_.size() * kBlock) {
      blocks_.push_back(std::make_unique<std::array<T, kBlock>>());
    }
    (*this)[size_++] = value;
  }

  /// REQUIRES: it is not empty. Gives the memory of whole blocks back.
  void pop_back() {
    --size_;
    if (blocks_.size() > size_ / kBlock + 1) blocks_.pop_back();
    if (blocks_.capacity() > 4 * blocks_.size()) blocks_.shrink_to_fit();
  }

  std::size_t size() const { return size_; }

 private:
  std::vector<std::unique_ptr<std::array<T, kBlock>>> blocks_;
  std::size_t size_ = 0;
};

}  // namespace tcpcopy::container
