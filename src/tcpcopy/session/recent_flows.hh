// SPDX-License-Identifier: BSD-3-Clause
// Connections that ended a moment ago. Their stragglers (a retransmission, the last ack) must not
// be taken for connections that were joined in the middle, or a request would be replayed twice.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_set.h"
#include "tcpcopy/address.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::session {

class RecentFlows {
 public:
  /// A flow is remembered for one to two of these.
  static constexpr Duration kGeneration = std::chrono::seconds(15);
  /// In one generation. What comes beyond is not remembered.
  static constexpr std::size_t kMaxFlows = 500'000;

  void add(const FlowKey& flow, Instant now);
  bool contains(const FlowKey& flow, Instant now);
  void remove(const FlowKey& flow);

 private:
  void rotate(Instant now);

  // Hashes instead of keys: 8 bytes a flow. A false match costs one session that would have been
  // joined in the middle.
  absl::flat_hash_set<std::uint64_t> young_;
  absl::flat_hash_set<std::uint64_t> old_;
  Instant rotate_at_;
};

}  // namespace tcpcopy::session
