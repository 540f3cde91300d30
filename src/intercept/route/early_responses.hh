// SPDX-License-Identifier: BSD-3-Clause
// Responses that came before their route: the registration travels on another path than the packet
// that makes the target answer, or its link is just being built anew. They wait for a while, in
// order; the oldest make room.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/net/ipv4_flow.hh"
#include "common/wire/message.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::route {

class EarlyResponses {
 public:
  static constexpr Duration kMaxWait = std::chrono::seconds(30);  // as 1.x
  static constexpr std::size_t kMaxResponses = 65536;
  /// Of one connection. A target sends no more than a window before it hears from its client, and
  /// one that has sent more has nothing to do with a replay.
  static constexpr std::size_t kMaxPerConnection = 1024;

  /// @param payload_kept of each response, bytes.
  explicit EarlyResponses(std::size_t payload_kept) : payload_kept_(payload_kept) {}

  /// @return how many were dropped for want of room: older ones, or this one.
  std::size_t hold(const net::Ipv4Flow& key, const wire::CapturedHeaders& response, Instant now);

  /// Gives those of a connection, in order, and forgets them.
  /// @param give called as give(const wire::CapturedHeaders&).
  template <typename Give>
  void release(const net::Ipv4Flow& key, Give&& give) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return;
    for (const std::uint64_t number : found->second) {
      Held& held = queue_[number - first_number_];
      give(held.response());
      held.bytes = {};
    }
    waiting_ -= found->second.size();
    by_key_.erase(found);
  }

  /// Drops what has waited too long. @return how many.
  std::size_t expire(Instant now);

  std::size_t size() const { return waiting_; }

 private:
  struct Held {
    net::Ipv4Flow key;
    Instant since;
    Instant captured_at;
    std::uint32_t payload_length;
    std::uint8_t ip_size;
    std::uint8_t tcp_size;
    std::vector<std::byte> bytes;  // both headers, what is kept of the payload; empty once released

    wire::CapturedHeaders response() const;
  };

  bool drop_front();

  std::size_t payload_kept_;
  std::deque<Held> queue_;
  std::uint64_t first_number_ = 0;  // of queue_.front(); numbers never repeat
  absl::flat_hash_map<net::Ipv4Flow, std::vector<std::uint64_t>> by_key_;
  std::size_t waiting_ = 0;
};

}  // namespace tcpcopy::route
