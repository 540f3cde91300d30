// SPDX-License-Identifier: BSD-3-Clause
// Files in pcapng: whatever they hold, all that is read lies inside, and how the bytes come makes
// no difference. Input: a seed for the pieces, then the file.
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/net/tunnel.hh"
#include "common/pcap/pcapng_reader.hh"
#include "tests/fuzz/fuzz.hh"

namespace tcpcopy {
namespace {

using fuzz::require;
using pcap::PcapngReader;

struct Result {
  std::vector<std::vector<std::byte>> frames;
  std::vector<Duration> times;
  std::string damage;
};

Result read(Bytes file) {
  Bytes rest = file;
  PcapngReader reader([&rest](std::span<std::byte> to) {
    const std::size_t count = std::min(to.size(), rest.size());
    std::copy_n(rest.begin(), count, to.begin());
    rest = rest.subspan(count);
    return count;
  });
  Result result;
  while (const auto packet = reader.next()) {
    constexpr std::size_t kBlock = 16;  // a packet's least block, without its section and interface
    require(packet->frame.size() + kBlock <= file.size(), "a packet is not longer than its file");
    require(packet->time >= Duration(0), "no packet is of a time before 1970");
    if (const auto type = net::link_type(packet->link_type)) {
      const auto found = net::decapsulate(*type, packet->frame, packet->missing);
      require(fuzz::inside(found.bytes, packet->frame), "what is found lies in the frame");
      require(found.bytes.empty() == (found.error != net::ParseError::kNone),
              "there is a packet, or a reason why not");
    }
    result.frames.emplace_back(packet->frame.begin(), packet->frame.end());
    result.times.push_back(packet->time);
  }
  require(!reader.next(), "behind the end there is nothing");
  result.damage = reader.damage();
  return result;
}

}  // namespace
}  // namespace tcpcopy

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpcopy;
  fuzz::Input input(data, size);
  const std::uint8_t seed = input.byte();
  const Bytes file = input.rest();
  const Result whole = read(file);
  // A file that ends earlier gives the packets before.
  const Result shorter = read(file.first(file.size() * seed / 256));
  require(shorter.frames.size() <= whole.frames.size(), "a part has no more packets");
  for (std::size_t i = 0; i < shorter.frames.size(); ++i) {
    require(fuzz::same_bytes(shorter.frames[i], whole.frames[i]), "they are the same");
    require(shorter.times[i] == whole.times[i], "at the same times");
  }
  return 0;
}
