// SPDX-License-Identifier: BSD-3-Clause
#include "common/pcap/pcapng_reader.hh"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/net/bytes.hh"

namespace tcpcopy::pcap {
namespace {

constexpr std::uint32_t kSection = 0x0a0d0d0a;
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kOldPacket = 2;
constexpr std::uint32_t kSimplePacket = 3;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint32_t kByteOrder = 0x1a2b3c4d;

constexpr std::size_t kLengthSize = 4;
constexpr std::size_t kFrame = 12;  // type, length, and the length again at the end
constexpr std::size_t kSectionBody = 16;

std::uint16_t swapped(std::uint16_t value) {
  return static_cast<std::uint16_t>(value << 8U | value >> 8U);
}
std::uint32_t swapped(std::uint32_t value) {
  return std::uint32_t{swapped(static_cast<std::uint16_t>(value & 0xffffU))} << 16U |
         swapped(static_cast<std::uint16_t>(value >> 16U));
}

}  // namespace

std::uint16_t PcapngReader::u16(const std::byte* at) const {
  const std::uint16_t value = net::load_be16(at);
  return big_endian_ ? value : swapped(value);
}

std::uint32_t PcapngReader::u32(const std::byte* at) const {
  const std::uint32_t value = net::load_be32(at);
  return big_endian_ ? value : swapped(value);
}

std::optional<std::uint16_t> PcapngReader::first_link_type() {
  while (interfaces_.empty() && !packet_) {
    if (read_block() == Block::kEnd) return std::nullopt;
  }
  return interfaces_.empty() ? std::nullopt : std::optional(interfaces_[0].link_type);
}

std::optional<PcapngReader::Packet> PcapngReader::next() {
  while (!packet_) {
    if (read_block() == Block::kEnd) return std::nullopt;
  }
  return std::exchange(packet_, std::nullopt);
}

PcapngReader::Block PcapngReader::damaged(std::string what) {
  damage_ = std::move(what);
  return Block::kEnd;
}

bool PcapngReader::read_exactly(std::span<std::byte> to) {
  if (read_(to) == to.size()) return true;
  damage_ = "it ends in the middle of a block";
  return false;
}

bool PcapngReader::skip(std::size_t bytes) {
  constexpr std::size_t kStep = 65536;
  while (bytes > 0) {
    body_.resize(std::min(bytes, kStep));
    if (!read_exactly(body_)) return false;
    bytes -= body_.size();
  }
  return true;
}

PcapngReader::Block PcapngReader::read_block() {
  if (!damage_.empty()) return Block::kEnd;
  std::array<std::byte, 2 * kLengthSize> head{};
  const std::size_t got = read_(head);
  if (got == 0 && in_section_) return Block::kEnd;
  if (got < head.size()) return damaged("it ends in the middle of a block");
  const bool section = net::load_be32(head.data()) == kSection;
  if (!section && !in_section_) return damaged("it does not begin with a section");
  if (section && !begin_section()) return Block::kEnd;
  const std::uint32_t type = u32(head.data());
  const std::size_t length = u32(&head[kLengthSize]);
  const std::size_t least = section ? kFrame + kSectionBody : kFrame;
  if (length < least || length % 4 != 0) {
    return damaged(fmt::format("a block of type {:#x} has a length of {} bytes", type, length));
  }
  const std::size_t body = length - kFrame - (section ? kLengthSize : 0);
  const Block block = read_body(section ? kSection : type, body);
  if (block == Block::kEnd) return block;
  std::array<std::byte, kLengthSize> tail{};
  if (!read_exactly(tail)) {
    packet_.reset();
    return Block::kEnd;
  }
  if (u32(tail.data()) == length) return block;
  packet_.reset();
  return damaged(fmt::format("a block of type {:#x} has two lengths, {} and {}", type, length,
                             u32(tail.data())));
}

// The byte order of a section stands behind its length.
bool PcapngReader::begin_section() {
  std::array<std::byte, kLengthSize> order{};
  if (!read_exactly(order)) return false;
  const std::uint32_t value = net::load_be32(order.data());
  if (value != kByteOrder && swapped(value) != kByteOrder) {
    damaged("the byte order of a section cannot be told");
    return false;
  }
  big_endian_ = value == kByteOrder;
  in_section_ = true;
  interfaces_.clear();
  return true;
}

bool PcapngReader::read_block_body(std::size_t body) {
  body_.resize(body);
  return read_exactly(body_);
}

PcapngReader::Block PcapngReader::read_body(std::uint32_t type, std::size_t body) {
  const bool known = type == kSection || type == kInterfaceDescription || type == kOldPacket ||
                     type == kSimplePacket || type == kEnhancedPacket;
  if (!known) return skip(body) ? Block::kOther : Block::kEnd;
  if (body > kMaxBlock) {
    return damaged(fmt::format("a block of type {:#x} has {} bytes", type, body));
  }
  if (!read_block_body(body)) return Block::kEnd;
  switch (type) {
    case kInterfaceDescription:
      return take_interface(body_);
    case kOldPacket:
      return take_old(body_);
    case kSimplePacket:
      return take_simple(body_);
    case kEnhancedPacket:
      return take_enhanced(body_);
    default:
      break;
  }
  const std::uint16_t version = u16(body_.data());
  if (version != 1) return damaged(fmt::format("a section is of version {}", version));
  return Block::kOther;
}

PcapngReader::Block PcapngReader::take_interface(Bytes body) {
  constexpr std::size_t kFixed = 8;
  constexpr std::size_t kOptionHeader = 4;
  if (body.size() < kFixed) return damaged("the description of an interface is too short");
  if (interfaces_.size() == kMaxInterfaces) {
    return damaged(fmt::format("a section has more than {} interfaces", kMaxInterfaces));
  }
  Interface interface;
  interface.link_type = u16(body.data());
  interface.snap_length = u32(&body[4]);
  Bytes rest = body.subspan(kFixed);
  while (rest.size() >= kOptionHeader) {
    const std::uint16_t code = u16(rest.data());
    const std::size_t length = u16(&rest[2]);
    if (code == 0) break;
    const std::size_t padded = kOptionHeader + (length + 3) / 4 * 4;
    if (padded > rest.size()) return damaged("an option of an interface leads beyond its block");
    if (!take_option(interface, code, rest.subspan(kOptionHeader, length))) return Block::kEnd;
    rest = rest.subspan(padded);
  }
  interfaces_.push_back(interface);
  return Block::kInterface;
}

bool PcapngReader::take_option(Interface& interface, std::uint16_t code, Bytes value) {
  constexpr std::uint16_t kResolution = 9;
  constexpr std::uint16_t kOffset = 14;
  constexpr unsigned kBinary = 0x80;
  constexpr unsigned kFinestDecimal = 19;  // 10^19 is the last power below 2^64
  constexpr unsigned kFinestBinary = 63;
  if (code == kResolution && value.size() == 1) {
    const auto byte = std::to_integer<unsigned>(value[0]);
    interface.binary = (byte & kBinary) != 0;
    interface.resolution = byte & ~kBinary;
    if (interface.resolution > (interface.binary ? kFinestBinary : kFinestDecimal)) {
      damaged(fmt::format("an interface has the time resolution {:#x}", byte));
      return false;
    }
  } else if (code == kOffset && value.size() == 8) {
    const std::uint64_t low = u32(value.data());
    const std::uint64_t high = u32(&value[4]);
    interface.offset_s =
        static_cast<std::int64_t>(big_endian_ ? low << 32U | high : high << 32U | low);
  }
  return true;
}

PcapngReader::Block PcapngReader::take_enhanced(Bytes body) {
  constexpr std::size_t kFixed = 20;
  if (body.size() < kFixed) return damaged("a packet's block is too short");
  const std::uint64_t time = std::uint64_t{u32(&body[4])} << 32U | u32(&body[8]);
  return take_packet(u32(body.data()), time, u32(&body[12]), u32(&body[16]), body.subspan(kFixed));
}

// The obsolete packet block has a 16-bit interface and a count of drops.
PcapngReader::Block PcapngReader::take_old(Bytes body) {
  constexpr std::size_t kFixed = 20;
  if (body.size() < kFixed) return damaged("a packet's block is too short");
  const std::uint64_t time = std::uint64_t{u32(&body[4])} << 32U | u32(&body[8]);
  return take_packet(u16(body.data()), time, u32(&body[12]), u32(&body[16]), body.subspan(kFixed));
}

// It has neither an interface nor a time nor the length that was captured.
PcapngReader::Block PcapngReader::take_simple(Bytes body) {
  constexpr std::size_t kFixed = 4;
  if (body.size() < kFixed) return damaged("a packet's block is too short");
  if (interfaces_.empty()) return damaged("a packet is of an interface that is not described");
  const std::uint32_t length = u32(body.data());
  const std::uint32_t snap = interfaces_[0].snap_length;
  const std::size_t captured =
      std::min<std::size_t>({length, snap == 0 ? length : snap, body.size() - kFixed});
  packet_ = {last_time_, interfaces_[0].link_type, body.subspan(kFixed, captured),
             length - captured};
  return Block::kPacket;
}

PcapngReader::Block PcapngReader::take_packet(std::uint32_t interface, std::uint64_t time,
                                              std::uint32_t captured, std::uint32_t length,
                                              Bytes data) {
  if (interface >= interfaces_.size()) {
    return damaged(fmt::format("a packet is of interface {}, which is not described", interface));
  }
  if (captured > data.size()) return damaged("a packet leads beyond its block");
  const Interface& from = interfaces_[interface];
  last_time_ = time_of(from, time);
  packet_ = {last_time_, from.link_type, data.first(captured),
             length > captured ? length - captured : std::size_t{0}};
  return Block::kPacket;
}

Duration PcapngReader::time_of(const Interface& interface, std::uint64_t time) const {
  constexpr std::int64_t kLatest = 0xffffffff;  // as pcap's 32 bits
  constexpr unsigned kNanoseconds = 9;
  std::uint64_t seconds = 0;
  std::uint64_t rest_ns = 0;
  if (interface.binary) {
    const unsigned bits = interface.resolution;
    // With at most 34 bits behind the point, 10^9 of them fit into 64.
    constexpr unsigned kMost = 34;
    seconds = time >> bits;
    std::uint64_t rest = time - (seconds << bits);
    if (bits > kMost) rest >>= bits - kMost;
    rest_ns = rest * 1'000'000'000U >> std::min(bits, kMost);
  } else {
    std::uint64_t units = 1;
    std::uint64_t finer = 1;  // how many of them, or which part of one, a nanosecond is
    for (unsigned i = 0; i < interface.resolution; ++i)
      units *= 10;
    for (unsigned i = std::min(interface.resolution, kNanoseconds);
         i < std::max(interface.resolution, kNanoseconds); ++i)
      finer *= 10;
    seconds = time / units;
    const std::uint64_t rest = time % units;
    rest_ns = interface.resolution > kNanoseconds ? rest / finer : rest * finer;
  }
  const auto since = static_cast<std::int64_t>(std::min<std::uint64_t>(seconds, kLatest));
  const std::int64_t offset = std::clamp<std::int64_t>(interface.offset_s, -kLatest, kLatest);
  return std::chrono::seconds(std::clamp<std::int64_t>(since + offset, 0, kLatest)) +
         std::chrono::nanoseconds(rest_ns);
}

}  // namespace tcpcopy::pcap
