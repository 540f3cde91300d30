// SPDX-License-Identifier: BSD-3-Clause
// -D: a device in front of the target has replaced the clients' addresses, so responses go to the
// replacements. The pairs say which client address each of them stands for.
#pragma once

#include <array>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/net/packet_parser.hh"

namespace tcpcopy::route {

struct AddressPair {
  Address from;
  Address to;
  friend bool operator==(const AddressPair&, const AddressPair&) = default;
};

class DestinationTranslation {
 public:
  /// REQUIRES: IPv4 addresses.
  explicit DestinationTranslation(const std::vector<AddressPair>& pairs);

  bool empty() const { return pairs_.empty(); }

  /// @return the response with its destination replaced, as value and in ip_bytes; the same when no
  ///   pair names it. Valid until the next call. Checksums stay as they were captured, where the
  ///   offload of a device often leaves them unfinished anyway.
  net::TcpPacket apply(const net::TcpPacket& response);

 private:
  absl::flat_hash_map<Address, Address> pairs_;
  std::array<std::byte, 60> header_{};  // the largest IPv4 header
};

}  // namespace tcpcopy::route
