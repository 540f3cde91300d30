// SPDX-License-Identifier: BSD-3-Clause
// Where packets went that no rule wants: what to tell somebody whose rules match nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "tcpcopy/address.hh"

namespace tcpcopy::capture {

class Unmatched {
 public:
  /// At the limit all counts shrink by one, and those that reach 0 make room (Misra and Gries): a
  /// destination of more than one of so many packets is found whatever else there is.
  static constexpr std::size_t kMaxDestinations = 1024;

  void add(const Endpoint& destination, bool opens);

  std::uint64_t packets() const { return packets_; }

  /// The destinations with the most connections, and then the most packets:
  /// `10.0.0.1:80 (12 packets, 3 connections)`, …
  std::string most_frequent(std::size_t count) const;

 private:
  struct Count {
    std::uint64_t packets = 0;
    std::uint64_t connections = 0;  // of which the first packet was seen
    std::uint64_t shrunk = 0;       // what remains of `packets`
  };

  absl::flat_hash_map<Endpoint, Count> counts_;
  std::uint64_t packets_ = 0;
};

}  // namespace tcpcopy::capture
