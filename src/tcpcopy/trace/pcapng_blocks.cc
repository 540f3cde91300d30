// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/trace/pcapng_blocks.hh"

#include <array>
#include <bit>
#include <cstring>
#include <span>
#include <utility>

namespace tcpcopy::trace {
namespace {

constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kEnhancedPacket = 6;

constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::uint16_t kMajorVersion = 1;
// LINKTYPE_IPV4. LINKTYPE_RAW would do too, but libpcap 1.10 takes no second interface of that
// type.
constexpr std::uint16_t kLinkTypeIpv4 = 228;

// Codes of options; the same number means something else in another block.
constexpr std::uint16_t kEndOfOptions = 0;
constexpr std::uint16_t kComment = 1;
constexpr std::uint16_t kApplication = 4;           // section header
constexpr std::uint16_t kInterfaceName = 2;         // interface description
constexpr std::uint16_t kInterfaceDescribedAs = 3;  // interface description
constexpr std::uint16_t kTimeResolution = 9;        // interface description
constexpr std::uint16_t kPacketFlags = 2;           // enhanced packet

constexpr char kNanoseconds = 9;  // a negative power of ten

class Builder {
 public:
  explicit Builder(std::uint32_t type) { number(type).number(std::uint32_t{0}); }

  template <typename Number>
  Builder& number(Number value) {
    const auto bytes = std::bit_cast<std::array<std::byte, sizeof value>>(value);
    block_.insert(block_.end(), bytes.begin(), bytes.end());
    return *this;
  }

  // Padded to 32 bits.
  Builder& bytes(Bytes value) {
    block_.insert(block_.end(), value.begin(), value.end());
    block_.resize((block_.size() + 3) / 4 * 4);
    return *this;
  }

  Builder& option(std::uint16_t code, Bytes value) {
    number(code).number(static_cast<std::uint16_t>(value.size()));
    return bytes(value);
  }
  Builder& option(std::uint16_t code, std::string_view text) {
    return option(code, std::as_bytes(std::span(text)));
  }

  // The length stands at both ends, so that a file can be read backwards.
  Block finish() {
    number(kEndOfOptions).number(std::uint16_t{0});
    const auto length = static_cast<std::uint32_t>(block_.size() + sizeof(std::uint32_t));
    std::memcpy(&block_[sizeof(std::uint32_t)], &length, sizeof length);
    number(length);
    return std::move(block_);
  }

 private:
  Block block_;
};

}  // namespace

Block section_header(std::string_view application) {
  Builder block(kSectionHeader);
  block.number(kByteOrderMagic).number(kMajorVersion).number(std::uint16_t{0});
  block.number(std::int64_t{-1});  // the section's length is not known
  return block.option(kApplication, application).finish();
}

Block interface_description(std::string_view name, std::string_view description) {
  Builder block(kInterfaceDescription);
  block.number(kLinkTypeIpv4).number(std::uint16_t{0});
  block.number(std::uint32_t{0});  // no snap length
  block.option(kInterfaceName, name).option(kInterfaceDescribedAs, description);
  return block.option(kTimeResolution, std::string_view(&kNanoseconds, 1)).finish();
}

Block enhanced_packet(const TracedPacket& packet) {
  Builder block(kEnhancedPacket);
  block.number(packet.interface);
  block.number(static_cast<std::uint32_t>(packet.time >> 32U));
  block.number(static_cast<std::uint32_t>(packet.time));
  block.number(static_cast<std::uint32_t>(packet.bytes.size()));
  block.number(static_cast<std::uint32_t>(packet.length));
  block.bytes(packet.bytes);
  const std::array flags{static_cast<std::uint32_t>(packet.direction)};
  block.option(kPacketFlags, std::as_bytes(std::span(flags)));
  if (!packet.comment.empty()) block.option(kComment, packet.comment);
  return block.finish();
}

}  // namespace tcpcopy::trace
