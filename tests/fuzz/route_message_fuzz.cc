// SPDX-License-Identifier: BSD-3-Clause
// What tcpcopy says to intercept. Input: a seed for the pieces, then the bytes of a link.
#include <vector>

#include "common/wire/route_message.hh"
#include "tests/fuzz/fuzz.hh"

namespace tcpcopy {
namespace {

using fuzz::require;
using wire::RouteMessage;

std::vector<RouteMessage> decode(Bytes stream, std::uint8_t seed) {
  std::vector<RouteMessage> messages;
  wire::RouteMessageDecoder decoder;
  for (fuzz::Pieces pieces(stream, seed); !pieces.empty();) {
    Bytes piece = pieces.next();
    while (const auto message = decoder.next(piece))
      messages.push_back(*message);
    require(piece.empty(), "the decoder takes all that it is given");
  }
  require(decoder.mid_message() == (stream.size() % wire::kRouteMessageSize != 0),
          "it knows whether a message has begun");
  return messages;
}

void check(Bytes stream, std::uint8_t seed) {
  const auto messages = decode(stream, seed);
  require(messages.size() == stream.size() / wire::kRouteMessageSize, "14 bytes are a message");
  Bytes whole = stream;
  wire::RouteMessageDecoder decoder;
  for (const RouteMessage& message : messages) {
    const Bytes bytes = whole.first(wire::kRouteMessageSize);
    require(decoder.next(whole) == message, "pieces do not matter");
    require(fuzz::same_bytes(encode(message), bytes), "a message encodes to its bytes");
    require(!(message.is_version() && message.adds_route()), "a version adds no route");
  }
}

}  // namespace
}  // namespace tcpcopy

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tcpcopy::fuzz::Input input(data, size);
  const std::uint8_t seed = input.byte();
  tcpcopy::check(input.rest(), seed);
  return 0;
}
