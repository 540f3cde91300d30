// SPDX-License-Identifier: BSD-3-Clause
#include "common/channel/outgoing_queue.hh"

namespace tcpcopy::channel {

void OutgoingQueue::push(Bytes bytes, std::size_t records, std::size_t sent,
                         std::size_t max_bytes) {
  auto victim = blocks_.begin();
  if (!blocks_.empty() && front_sent_ > 0) ++victim;
  while (bytes_ + bytes.size() > max_bytes) {
    while (victim != blocks_.end() && victim->records == 0)
      ++victim;
    if (victim == blocks_.end()) break;
    bytes_ -= victim->bytes.size();
    dropped_bytes_ += victim->bytes.size();
    dropped_records_ += victim->records;
    victim = blocks_.erase(victim);
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
