// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/route/early_responses.hh"

namespace tcpcopy::route {

// Returns whether the front was still waiting.
bool EarlyResponses::drop_front() {
  const Held& front = queue_.front();
  const bool waiting = !front.record.empty();
  if (waiting) {
    auto found = by_key_.find(front.key);
    found->second.erase(found->second.begin());  // numbers ascend: the front's is the first
    if (found->second.empty()) by_key_.erase(found);
    --waiting_;
  }
  queue_.pop_front();
  ++first_number_;
  return waiting;
}

std::size_t EarlyResponses::hold(const net::Ipv4Flow& key, const net::TcpPacket& response,
                                 Instant now) {
  std::size_t dropped = 0;
  while (queue_.size() >= kMaxResponses)
    dropped += drop_front() ? 1U : 0U;
  auto& numbers = by_key_[key];
  if (numbers.size() >= kMaxPerConnection) return dropped + 1;
  Held held{key, now, std::vector<std::byte>(record_size_)};
  wire::encode_response(response, held.record);
  numbers.push_back(first_number_ + queue_.size());
  queue_.push_back(std::move(held));
  ++waiting_;
  return dropped;
}

std::size_t EarlyResponses::expire(Instant now) {
  std::size_t dropped = 0;
  while (!queue_.empty() && queue_.front().since + kMaxWait <= now) {
    dropped += drop_front() ? 1U : 0U;
  }
  return dropped;
}

}  // namespace tcpcopy::route
