// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/route/early_responses.hh"

#include <algorithm>

namespace tcpcopy::route {

wire::CapturedHeaders EarlyResponses::Held::response() const {
  const Bytes all(bytes);
  const std::size_t headers = std::size_t{ip_size} + tcp_size;
  return {all.first(ip_size), all.subspan(ip_size, tcp_size), all.subspan(headers), payload_length,
          captured_at};
}

// Returns whether the front was still waiting.
bool EarlyResponses::drop_front() {
  const Held& front = queue_.front();
  const bool waiting = !front.bytes.empty();
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

std::size_t EarlyResponses::hold(const net::Ipv4Flow& key, const wire::CapturedHeaders& response,
                                 Instant now) {
  std::size_t dropped = 0;
  while (queue_.size() >= kMaxResponses)
    dropped += drop_front() ? 1U : 0U;
  auto& numbers = by_key_[key];
  if (numbers.size() >= kMaxPerConnection) return dropped + 1;
  Held held{key,
            now,
            response.captured_at,
            response.payload_length,
            static_cast<std::uint8_t>(response.ip.size()),
            static_cast<std::uint8_t>(response.tcp.size()),
            {}};
  const Bytes payload = response.payload.first(std::min(response.payload.size(), payload_kept_));
  held.bytes.reserve(response.ip.size() + response.tcp.size() + payload.size());
  for (const Bytes part : {response.ip, response.tcp, payload})
    held.bytes.insert(held.bytes.end(), part.begin(), part.end());
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
