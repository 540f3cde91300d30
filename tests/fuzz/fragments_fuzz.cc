// SPDX-License-Identifier: BSD-3-Clause
// Fragments of IPv4, hostile ones and those of a packet that must arrive. Input: whether a packet
// is fragmented (and then how), or fragments, each behind its length and a step of time.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "common/net/bytes.hh"
#include "common/net/fragments.hh"
#include "common/net/whole_packets.hh"
#include "tests/fuzz/fuzz.hh"

namespace tcpcopy {
namespace {

using fuzz::require;
using net::Fragments;

void check_bounds(const Fragments& fragments) {
  require(fragments.datagrams() <= Fragments::kMaxDatagrams, "datagrams are bounded");
  require(fragments.bytes() <= Fragments::kMaxBytes, "memory is bounded");
  require((fragments.datagrams() == 0) == (fragments.bytes() == 0), "memory is accounted for");
}

void check_whole(Bytes whole) {
  require(!Fragments::is_fragment(whole), "what is put together is no fragment");
  require(whole.size() >= 20 && net::load_be16(&whole[2]) == whole.size(), "its length is right");
}

void hostile(fuzz::Input& input) {
  net::WholePackets packets;
  Fragments fragments;
  Duration time{0};
  while (!input.empty()) {
    time += std::chrono::seconds(static_cast<std::int8_t>(input.byte()));
    const Bytes packet = input.take(input.byte());
    static_cast<void>(packets.add({packet}, time));
    check_bounds(packets.fragments());
    if (!Fragments::is_fragment(packet)) continue;
    if (const auto whole = fragments.add(packet, time)) check_whole(*whole);
    check_bounds(fragments);
  }
  fragments.end();
  check_bounds(fragments);
  const auto& counters = fragments.counters();
  require(counters.whole + counters.given_up + counters.overlapping <= counters.taken,
          "no datagram without a fragment");
}

// A payload cut at places that the input says, in an order that it says, arrives as it was.
void honest(fuzz::Input& input) {
  std::vector<std::size_t> cuts{0};
  for (unsigned count = input.byte() % 16U; count > 0; --count)
    cuts.push_back(cuts.back() + 8 * std::size_t{1U + input.byte() % 32U});
  const std::size_t tail = 1U + input.byte();
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < cuts.size(); ++i)
    order.insert(order.begin() + static_cast<std::ptrdiff_t>(input.byte() % (i + 1)), i);
  std::vector<std::byte> payload(cuts.back() + tail);
  for (std::size_t i = 0; i < payload.size(); ++i)
    payload[i] = static_cast<std::byte>(i * 31U + i / 256U);

  Fragments fragments;
  std::optional<Bytes> whole;
  for (const std::size_t index : order) {
    require(!whole, "it is not whole before the last");
    const std::size_t begin = cuts[index];
    const bool last = index + 1 == cuts.size();
    const std::size_t end = last ? payload.size() : cuts[index + 1];
    std::vector<std::byte> piece(20);
    piece[0] = std::byte{0x45};
    net::store_be16(&piece[2], static_cast<std::uint16_t>(20 + end - begin));
    net::store_be16(&piece[6], static_cast<std::uint16_t>(begin / 8 | (last ? 0U : 0x2000U)));
    piece.insert(piece.end(), payload.begin() + static_cast<std::ptrdiff_t>(begin),
                 payload.begin() + static_cast<std::ptrdiff_t>(end));
    if (cuts.size() == 1) return;  // no fragment
    whole = fragments.add(piece, Duration(0));
  }
  require(whole.has_value(), "it becomes whole with the last");
  check_whole(*whole);
  require(fuzz::same_bytes(whole->subspan(20), payload), "it arrives as it was");
  require(fragments.datagrams() == 0 && fragments.bytes() == 0, "nothing is left");
}

}  // namespace
}  // namespace tcpcopy

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpcopy;
  fuzz::Input input(data, size);
  if (input.byte() % 4 == 0) {
    honest(input);
  } else {
    hostile(input);
  }
  return 0;
}
