// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/recent_flows.hh"

#include <utility>

namespace tcpcopy::session {
namespace {

std::uint64_t hash_of(const FlowKey& flow) { return absl::Hash<FlowKey>()(flow); }

}  // namespace

void RecentFlows::rotate(Instant now) {
  if (now < rotate_at_) return;
  const bool long_ago = now >= rotate_at_ + kGeneration;
  old_ = long_ago ? absl::flat_hash_set<std::uint64_t>() : std::exchange(young_, {});
  if (long_ago) young_ = {};
  rotate_at_ = now + kGeneration;
}

void RecentFlows::add(const FlowKey& flow, Instant now) {
  rotate(now);
  if (young_.size() < kMaxFlows) young_.insert(hash_of(flow));
}

bool RecentFlows::contains(const FlowKey& flow, Instant now) {
  rotate(now);
  const std::uint64_t hash = hash_of(flow);
  return young_.contains(hash) || old_.contains(hash);
}

void RecentFlows::remove(const FlowKey& flow) {
  const std::uint64_t hash = hash_of(flow);
  young_.erase(hash);
  old_.erase(hash);
}

}  // namespace tcpcopy::session
