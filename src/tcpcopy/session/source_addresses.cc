// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/source_addresses.hh"

#include <utility>

namespace tcpcopy::session {

SourceAddresses::SourceAddresses(std::vector<Address> pool,
                                 std::optional<Address> loopback_substitute)
    : pool_(std::move(pool)), loopback_substitute_(loopback_substitute) {
  constexpr std::size_t kKeys = 65536;
  sorted_pool_ = pool_;
  std::sort(sorted_pool_.begin(), sorted_pool_.end());
  if (!pool_.empty()) by_key_.resize(kKeys, kUnassigned);
}

Address SourceAddresses::map(Address client, std::uint16_t copy) {
  if (client.is_loopback() && loopback_substitute_) client = *loopback_substitute_;
  if (pool_.empty() || !client.is_v4()) return client;
  const std::uint32_t bits = client.v4_bits();
  std::uint32_t& index = by_key_[((bits >> 16U) + bits) & 0xffffU];
  if (index == kUnassigned) {
    index = next_;
    next_ = static_cast<std::uint32_t>((next_ + 1) % pool_.size());
  }
  return pool_[(index + copy) % pool_.size()];
}

}  // namespace tcpcopy::session
