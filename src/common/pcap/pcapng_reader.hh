// SPDX-License-Identifier: BSD-3-Clause
// Reads pcapng (draft-ietf-opsawg-pcapng), where libpcap refuses what is valid: interfaces of
// several link types, or time resolutions, in one file. All byte orders, all three packet blocks;
// blocks of other kinds are stepped over.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tcpcopy/segment.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::pcap {

class PcapngReader {
 public:
  /// The first byte of such a file, and of no other capture.
  static constexpr int kFirstByte = 0x0a;
  static constexpr std::size_t kMaxBlock = std::size_t{16} << 20U;  ///< bytes; longer ones: damage
  static constexpr std::size_t kMaxInterfaces = 4096;               ///< of a section

  /// Reads bytes; fewer only at the end.
  using Read = std::function<std::size_t(std::span<std::byte> to)>;

  struct Packet {
    Duration time{0};  ///< since 1970; with a block that has none, that of the packet before
    std::uint16_t link_type = 0;  ///< LINKTYPE_…
    Bytes frame;
    std::size_t missing = 0;  ///< bytes that it had behind what was captured
  };

  explicit PcapngReader(Read read) : read_(std::move(read)) {}

  /// Reads up to the first description of an interface, or to a packet, or the end.
  /// @return its link type.
  std::optional<std::uint16_t> first_link_type();

  /// @return the next packet, whose bytes live until the next call; nothing at the end, and where
  ///   it cannot be read further: damage() tells.
  std::optional<Packet> next();

  /// What is wrong with it; empty while nothing is.
  const std::string& damage() const { return damage_; }

 private:
  struct Interface {
    std::uint16_t link_type = 0;
    std::uint32_t snap_length = 0;  // 0: none
    bool binary = false;            // whether resolution counts powers of 2, or of 10
    unsigned resolution = 6;
    std::int64_t offset_s = 0;
  };
  enum class Block : std::uint8_t { kPacket, kInterface, kOther, kEnd };

  Block read_block();
  Block read_body(std::uint32_t type, std::size_t body);
  bool begin_section();
  bool read_exactly(std::span<std::byte> to);
  bool read_block_body(std::size_t body);
  bool skip(std::size_t bytes);
  Block damaged(std::string what);
  Block take_interface(Bytes body);
  bool take_option(Interface& interface, std::uint16_t code, Bytes value);
  Block take_enhanced(Bytes body);
  Block take_simple(Bytes body);
  Block take_old(Bytes body);
  Block take_packet(std::uint32_t interface, std::uint64_t time, std::uint32_t captured,
                    std::uint32_t length, Bytes data);
  Duration time_of(const Interface& interface, std::uint64_t time) const;
  std::uint16_t u16(const std::byte* at) const;
  std::uint32_t u32(const std::byte* at) const;

  Read read_;
  bool big_endian_ = false;
  bool in_section_ = false;
  std::vector<Interface> interfaces_;
  std::vector<std::byte> body_;
  std::optional<Packet> packet_;
  Duration last_time_{0};
  std::string damage_;
};

}  // namespace tcpcopy::pcap
