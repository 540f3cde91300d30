// SPDX-License-Identifier: BSD-3-Clause
// Which address a client has on the target: its own, or one of the pool of -c.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "tcpcopy/address.hh"

namespace tcpcopy::session {

class SourceAddresses {
 public:
  /// Clients keep their addresses.
  SourceAddresses() = default;

  /// @param pool the addresses of -c; empty: clients keep theirs.
  /// @param loopback_substitute -H: what a loopback client becomes before all else.
  SourceAddresses(std::vector<Address> pool, std::optional<Address> loopback_substitute);

  /// A client keeps the address that it gets first. As in 1.x: the key of a client is the low 16
  /// bits of the sum of its address's halves, and keys take the pool's addresses in turn.
  /// @param copy of -n: each further copy of a client takes the next address of the pool.
  Address map(Address client, std::uint16_t copy = 0);

  /// Whether an address is of the pool, where nobody else has it.
  bool in_pool(const Address& address) const {
    return std::binary_search(sorted_pool_.begin(), sorted_pool_.end(), address);
  }

 private:
  static constexpr std::uint32_t kUnassigned = UINT32_MAX;

  std::vector<Address> pool_;
  std::vector<Address> sorted_pool_;
  std::vector<std::uint32_t> by_key_;  // index into pool_
  std::uint32_t next_ = 0;
  std::optional<Address> loopback_substitute_;
};

}  // namespace tcpcopy::session
