// SPDX-License-Identifier: BSD-3-Clause
#include "common/wire/route_message.hh"

#include <algorithm>

#include "common/net/bytes.hh"

namespace tcpcopy::wire {

using net::load_be16;
using net::load_be32;
using net::store_be16;
using net::store_be32;

RouteMessageBytes encode(const RouteMessage& message) {
  RouteMessageBytes bytes{};
  store_be32(&bytes[0], message.flow.client.address.v4_bits());
  store_be16(&bytes[4], message.flow.client.port);
  store_be16(&bytes[6], message.type);
  store_be32(&bytes[8], message.flow.server.address.v4_bits());
  store_be16(&bytes[12], message.flow.server.port);
  return bytes;
}

std::optional<RouteMessage> RouteMessageDecoder::next(Bytes& bytes) {
  const std::size_t taken = std::min(bytes.size(), kRouteMessageSize - size_);
  std::copy_n(bytes.begin(), taken, partial_.begin() + static_cast<std::ptrdiff_t>(size_));
  bytes = bytes.subspan(taken);
  size_ += taken;
  if (size_ < kRouteMessageSize) return std::nullopt;
  size_ = 0;
  RouteMessage message;
  message.flow.client = {Address::v4(load_be32(&partial_[0])), load_be16(&partial_[4])};
  message.type = load_be16(&partial_[6]);
  message.flow.server = {Address::v4(load_be32(&partial_[8])), load_be16(&partial_[12])};
  return message;
}

}  // namespace tcpcopy::wire
