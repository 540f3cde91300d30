// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/tcp_options.hh"

#include <algorithm>

#include "common/net/bytes.hh"

namespace tcpcopy::net {
namespace {

// Option kinds: RFC 9293, 3.1; RFC 7323; RFC 2018.
constexpr std::uint8_t kEnd = 0;
constexpr std::uint8_t kNop = 1;
constexpr std::uint8_t kMss = 2;
constexpr std::uint8_t kWindowScale = 3;
constexpr std::uint8_t kSackPermitted = 4;
constexpr std::uint8_t kSack = 5;
constexpr std::uint8_t kTimestamps = 8;

constexpr std::uint8_t kMaxWindowScale = 14;  // RFC 7323, 2.3
constexpr std::size_t kSackBlockSize = 8;

void parse_sack_blocks(Bytes blocks, ParsedOptions& parsed) {
  while (blocks.size() >= kSackBlockSize && parsed.sack_count < kMaxSackBlocks) {
    parsed.sacks[parsed.sack_count++] = {load_be32(blocks.data()), load_be32(blocks.data() + 4)};
    blocks = blocks.subspan(kSackBlockSize);
  }
}

// An option of the right kind but the wrong length is ignored, as an unknown one is.
void parse_one(std::uint8_t kind, Bytes value, ParsedOptions& parsed) {
  TcpOptions& options = parsed.options;
  switch (kind) {
    case kMss:
      if (value.size() == 2) options.mss = load_be16(value.data());
      break;
    case kWindowScale:
      if (value.size() == 1) {
        options.window_scale = std::min(std::to_integer<std::uint8_t>(value[0]), kMaxWindowScale);
      }
      break;
    case kSackPermitted:
      if (value.empty()) options.sack_permitted = true;
      break;
    case kSack:
      parse_sack_blocks(value, parsed);
      break;
    case kTimestamps:
      if (value.size() == 8) {
        options.timestamps = {load_be32(value.data()), load_be32(value.data() + 4)};
      }
      break;
    default:
      break;
  }
}

}  // namespace

ParsedOptions parse_tcp_options(Bytes bytes) {
  ParsedOptions parsed;
  while (!bytes.empty()) {
    const auto kind = std::to_integer<std::uint8_t>(bytes[0]);
    if (kind == kEnd) break;
    if (kind == kNop) {
      bytes = bytes.subspan(1);
      continue;
    }
    const std::size_t length = bytes.size() < 2 ? 0 : std::to_integer<std::size_t>(bytes[1]);
    if (length < 2 || length > bytes.size()) break;
    parse_one(kind, bytes.subspan(2, length - 2), parsed);
    bytes = bytes.subspan(length);
  }
  return parsed;
}

std::size_t write_tcp_options(const TcpOptions& options, std::span<const SackRange> sacks,
                              std::span<std::byte> to) {
  std::size_t at = 0;
  const auto put8 = [&](std::uint8_t value) { to[at++] = static_cast<std::byte>(value); };
  const auto put32 = [&](std::uint32_t value) {
    store_be32(&to[at], value);
    at += 4;
  };
  if (options.mss) {
    put8(kMss);
    put8(4);
    store_be16(&to[at], *options.mss);
    at += 2;
  }
  if (options.sack_permitted) {
    put8(kSackPermitted);
    put8(2);
  }
  if (options.timestamps) {
    // Alone they are padded in front, so that the values stand aligned (RFC 7323, appendix A).
    if (at % 4 == 0) {
      put8(kNop);
      put8(kNop);
    }
    put8(kTimestamps);
    put8(10);
    put32(options.timestamps->value);
    put32(options.timestamps->echo);
  }
  if (options.window_scale) {
    put8(kWindowScale);
    put8(3);
    put8(*options.window_scale);
  }
  while (at % 4 != 0)
    put8(kNop);

  const std::size_t room = (kMaxTcpOptions - at - std::min<std::size_t>(4, kMaxTcpOptions - at));
  const std::size_t blocks = std::min(sacks.size(), room / kSackBlockSize);
  if (blocks == 0) return at;
  put8(kNop);
  put8(kNop);
  put8(kSack);
  put8(static_cast<std::uint8_t>(2 + blocks * kSackBlockSize));
  for (const SackRange& block : sacks.first(blocks)) {
    put32(block.begin);
    put32(block.end);
  }
  return at;
}

}  // namespace tcpcopy::net
