// SPDX-License-Identifier: BSD-3-Clause
#include "common/channel/outgoing_queue.hh"

namespace tcpcopy::channel {

void OutgoingQueue::push(Bytes bytes, std::size_t records, std::size_t sent,
                         std::size_t max_bytes) {
  while (!blocks_.empty() && bytes_ + bytes.size() > max_bytes) {
    const std::size_t victim = front_sent_ > 0 ? 1 : 0;
    if (victim >= blocks_.size()) break;
    bytes_ -= blocks_[victim].bytes.size();
    dropped_bytes_ += blocks_[victim].bytes.size();
    dropped_records_ += blocks_[victim].records;
    blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(victim));
  }
  if (blocks_.empty()) front_sent_ = sent;
  blocks_.push_back({{bytes.begin(), bytes.end()}, records});
  bytes_ += bytes.size();
}

Bytes OutgoingQueue::front() const {
  if (blocks_.empty()) return {};
  return Bytes(blocks_.front().bytes).subspan(front_sent_);
}

void OutgoingQueue::on_sent(std::size_t size) {
  front_sent_ += size;
  if (front_sent_ < blocks_.front().bytes.size()) return;
  bytes_ -= blocks_.front().bytes.size();
  blocks_.pop_front();
  front_sent_ = 0;
}

std::uint64_t OutgoingQueue::records() const {
  std::uint64_t sum = 0;
  for (const Block& block : blocks_)
    sum += block.records;
  return sum;
}

}  // namespace tcpcopy::channel
