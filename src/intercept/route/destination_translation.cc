// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/route/destination_translation.hh"

#include <algorithm>

#include "common/net/bytes.hh"

namespace tcpcopy::route {
namespace {

constexpr std::size_t kDestinationAt = 16;  // RFC 791, 3.1

}  // namespace

DestinationTranslation::DestinationTranslation(const std::vector<AddressPair>& pairs) {
  for (const AddressPair& pair : pairs)
    pairs_.emplace(pair.from, pair.to);
}

net::TcpPacket DestinationTranslation::apply(const net::TcpPacket& response) {
  const auto found = pairs_.find(response.ip.destination);
  if (found == pairs_.end()) return response;
  net::TcpPacket translated = response;
  std::copy(response.ip_bytes.begin(), response.ip_bytes.end(), header_.begin());
  net::store_be32(&header_[kDestinationAt], found->second.v4_bits());
  translated.ip_bytes = Bytes(header_).first(response.ip_bytes.size());
  translated.ip.destination = found->second;
  return translated;
}

}  // namespace tcpcopy::route
