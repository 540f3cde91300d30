// SPDX-License-Identifier: BSD-3-Clause
// Messages of version 7, hostile. Input: a seed for pieces; then the bytes of a link.
#include <utility>
#include <vector>

#include "common/wire/codec_v7.hh"
#include "tests/fuzz/fuzz.hh"

namespace tcpcopy {
namespace {

using fuzz::require;

struct Heard {
  std::vector<std::byte> again;  // all that was known of it, as our end would have said it
  std::size_t messages = 0;
  bool fault = false;
};

void say_again(const wire::Message& message, Heard& heard) {
  ++heard.messages;
  if (const auto* hello = std::get_if<wire::Hello>(&message)) {
    wire::encode_v7(*hello, heard.again);
  } else if (const auto* route = std::get_if<wire::AddRoute>(&message)) {
    wire::encode_v7(*route, heard.again);
  } else if (const auto* alive = std::get_if<wire::Alive>(&message)) {
    wire::encode_v7(*alive, heard.again);
  } else if (const auto* ask = std::get_if<wire::Ask>(&message)) {
    wire::encode_v7(*ask, heard.again);
  } else if (const auto* tell = std::get_if<wire::Tell>(&message)) {
    wire::encode_v7(*tell, heard.again);
  } else if (const auto* headers = std::get_if<wire::CapturedHeaders>(&message)) {
    require(headers->payload.size() <= headers->payload_length, "no more payload than there was");
    if (const auto response = wire::to_response(*headers)) {
      require(response.value.sack_count <= kMaxSackBlocks, "SACK blocks fit their room");
    }
    const std::size_t size = headers->ip.size() + headers->tcp.size() + headers->payload.size();
    if (size <= 60'000) wire::encode_v7(*headers, headers->payload.size(), heard.again);
  } else {
    require(false, "version 7 has no other message");
  }
}

template <typename Next>
Heard hear(Next next) {
  Heard heard;
  wire::DecoderV7 decoder;
  for (Bytes piece = next(); !piece.empty(); piece = next()) {
    while (const auto message = decoder.decode(piece))
      say_again(*message, heard);
    require(piece.empty() || decoder.fault(), "all is taken, or the link cannot be read");
    if (decoder.fault()) break;
  }
  heard.fault = decoder.fault().has_value();
  return heard;
}

Heard hear_whole(Bytes bytes) {
  return hear([&] { return std::exchange(bytes, {}); });
}

}  // namespace
}  // namespace tcpcopy

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpcopy;
  fuzz::Input input(data, size);
  const std::uint8_t seed = input.byte();
  const Bytes bytes = input.rest();
  const Heard whole = hear_whole(bytes);
  fuzz::Pieces pieces(bytes, seed);
  const Heard cut = hear([&] { return pieces.empty() ? Bytes() : pieces.next(); });
  require(whole.fault == cut.fault && whole.messages == cut.messages && whole.again == cut.again,
          "pieces do not matter");
  const Heard again = hear_whole(whole.again);
  require(!again.fault && again.again == whole.again, "what is said again is heard again");
  return 0;
}
