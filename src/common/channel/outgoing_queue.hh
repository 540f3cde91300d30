// SPDX-License-Identifier: BSD-3-Clause
// Blocks of whole frames that a slow reader has not taken yet, up to a bound: then it loses the
// oldest responses, but never a block that was begun, for it would lose its place in the stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "tcpcopy/segment.hh"

namespace tcpcopy::channel {

class OutgoingQueue {
 public:
  /// @param bytes whole frames; copied.
  /// @param records in them; a block without any is never dropped.
  /// @param sent bytes of them that have left. REQUIRES: 0, or the queue is empty.
  /// @param max_bytes what may stand in the queue with them; older blocks are dropped above that.
  void push(Bytes bytes, std::size_t records, std::size_t sent, std::size_t max_bytes);

  /// What is to leave next; empty when nothing waits.
  Bytes front() const;
  /// So many bytes of front() have left.
  void on_sent(std::size_t size);

  bool empty() const { return blocks_.empty(); }
  /// What was begun counts whole.
  std::size_t bytes() const { return bytes_; }
  std::uint64_t records() const;
  std::uint64_t dropped_bytes() const { return dropped_bytes_; }
  std::uint64_t dropped_records() const { return dropped_records_; }

 private:
  struct Block {
    std::vector<std::byte> bytes;
    std::size_t records;
  };

  std::deque<Block> blocks_;
  std::size_t front_sent_ = 0;  // bytes of the front block
  std::size_t bytes_ = 0;
  std::uint64_t dropped_bytes_ = 0;
  std::uint64_t dropped_records_ = 0;
};

}  // namespace tcpcopy::channel
