// SPDX-License-Identifier: BSD-3-Clause
// Which hashes were inserted a short while ago: a cache that never grows, moves or stalls.
//
// A hash belongs into one set of eight entries, which is one line of the processor's cache, as in
// such a cache. There it takes the place of one that is forgotten, or else of the oldest. So what
// is found may be forgotten too early when very many are inserted, and two hashes are taken for one
// with a probability of 2^-45 a pair.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "tcpcopy/time.hh"

namespace tcpcopy::container {

class RecentSet {
 public:
  static constexpr std::size_t kCapacity = std::size_t{1} << 19U;  ///< entries of 8 bytes

  /// @param lifetime whole seconds for which a hash is remembered.
  explicit RecentSet(Duration lifetime) : lifetime_s_(to_seconds(lifetime)) {}

  void insert(std::uint64_t hash, Instant now) {
    std::unique_ptr<Block>& block = block_of(hash);
    if (!block) block = std::make_unique<Block>();
    Set& set = set_in(*block, hash);
    const std::uint32_t now_s = to_seconds(now.time_since_epoch());
    Entry* place = find(set, tag_of(hash));
    if (place == nullptr) place = &*std::ranges::min_element(set, {}, &Entry::inserted_s);
    *place = {tag_of(hash), now_s};
  }

  bool contains(std::uint64_t hash, Instant now) {
    const Entry* entry = find(hash);
    return entry != nullptr && entry->inserted_s != 0 &&
           to_seconds(now.time_since_epoch()) - entry->inserted_s <= lifetime_s_;
  }

  void erase(std::uint64_t hash) {
    if (Entry* entry = find(hash); entry != nullptr) *entry = {};
  }

 private:
  struct Entry {
    std::uint32_t tag = 0;
    std::uint32_t inserted_s = 0;  // seconds of monotonic time; 0: nothing stands here
  };
  using Set = std::array<Entry, 8>;
  using Block = std::array<Set, 512>;
  static constexpr std::size_t kSets = kCapacity / std::tuple_size_v<Set>;
  static constexpr std::size_t kBlocks = kSets / std::tuple_size_v<Block>;

  static std::uint32_t to_seconds(Duration time) {
    return static_cast<std::uint32_t>(std::chrono::floor<std::chrono::seconds>(time).count());
  }
  static std::uint32_t tag_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32U);
  }
  std::unique_ptr<Block>& block_of(std::uint64_t hash) { return blocks_[hash % kBlocks]; }
  static Set& set_in(Block& block, std::uint64_t hash) {
    return block[hash / kBlocks % std::tuple_size_v<Block>];
  }
  Entry* find(std::uint64_t hash) {
    const std::unique_ptr<Block>& block = block_of(hash);
    return block ? find(set_in(*block, hash), tag_of(hash)) : nullptr;
  }
  static Entry* find(Set& set, std::uint32_t tag) {
    const auto found = std::ranges::find(set, tag, &Entry::tag);
    return found == set.end() ? nullptr : &*found;
  }

  std::uint32_t lifetime_s_;
  std::array<std::unique_ptr<Block>, kBlocks> blocks_;  // each made when it is needed
};

}  // namespace tcpcopy::container
