// SPDX-License-Identifier: BSD-3-Clause
// Keeps the whole process below -m, of which the engine sees only a part: the program itself, its
// tables and buffers and the allocator's gaps are not in the engine's account. From what the
// process takes, looked at now and then, follows what the engine may take at every moment.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tcpcopy::replayer {

class MemoryBound {
 public:
  /// @param limit bytes that the process may take.
  explicit MemoryBound(std::uint64_t limit) : limit_(limit) {}

  /// The engine's account has grown by so much that the process has to be looked at again: the
  /// nearer the limit, the sooner.
  bool due(std::uint64_t account) const { return account >= look_at_; }

  /// @param resident bytes that the process takes. @return what the engine may take.
  std::uint64_t on_look(std::uint64_t resident, std::uint64_t account) {
    // Below its peak the process has room that the allocator keeps for the engine.
    if (resident > peak_) {
      peak_ = resident;
      unseen_ = resident - std::min(account, resident);
    }
    look_at_ = account + std::max(reserve(), (limit_ - std::min(limit_, resident)) / 4);
    return limit_ - std::min(limit_, unseen_ + reserve());
  }

  /// The allocator has given back what it had: what is taken now is needed.
  void on_given_back() { peak_ = 0; }

 private:
  std::uint64_t reserve() const { return limit_ / 64; }

  std::uint64_t limit_;
  std::uint64_t peak_ = 0;
  std::uint64_t unseen_ = 0;  // of the process, at its peak
  std::uint64_t look_at_ = 0;
};

}  // namespace tcpcopy::replayer
