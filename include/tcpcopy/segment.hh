// SPDX-License-Identifier: BSD-3-Clause
// A TCP segment as values: what a packet becomes once, at the edge, and is from then on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tcpcopy/address.hh"
#include "tcpcopy/sequence.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy {

using Bytes = std::span<const std::byte>;

/// The control bits of a TCP header (RFC 9293, 3.1).
struct TcpFlags {
  static constexpr std::uint8_t kFin = 0x01;
  static constexpr std::uint8_t kSyn = 0x02;
  static constexpr std::uint8_t kRst = 0x04;
  static constexpr std::uint8_t kPsh = 0x08;
  static constexpr std::uint8_t kAck = 0x10;
  static constexpr std::uint8_t kUrg = 0x20;

  std::uint8_t bits = 0;

  constexpr bool fin() const { return (bits & kFin) != 0; }
  constexpr bool syn() const { return (bits & kSyn) != 0; }
  constexpr bool rst() const { return (bits & kRst) != 0; }
  constexpr bool psh() const { return (bits & kPsh) != 0; }
  constexpr bool ack() const { return (bits & kAck) != 0; }
  constexpr bool urg() const { return (bits & kUrg) != 0; }
};

/// The TCP options that the engine understands; all others are dropped when a packet is parsed.
struct TcpOptions {
  /// RFC 7323, 3.2.
  struct Timestamps {
    std::uint32_t value = 0;
    std::uint32_t echo = 0;
    friend constexpr bool operator==(const Timestamps&, const Timestamps&) = default;
  };

  std::optional<std::uint16_t> mss;          ///< bytes, RFC 9293, 3.7.1
  std::optional<std::uint8_t> window_scale;  ///< shift count, RFC 7323, 2.2
  std::optional<Timestamps> timestamps;
  bool sack_permitted = false;  ///< RFC 2018, 2

  friend constexpr bool operator==(const TcpOptions&, const TcpOptions&) = default;
};

/// A range of the other side's bytes that arrived out of order (RFC 2018, 3): [begin, end).
template <typename Space>
struct SackBlock {
  Seq<Space> begin;
  Seq<Space> end;
  friend constexpr bool operator==(const SackBlock&, const SackBlock&) = default;
};

/// At most this many SACK blocks fit a header (RFC 2018, 3).
inline constexpr std::size_t kMaxSackBlocks = 4;

/// A segment sent in the numbers of space `Sender`, acknowledging bytes of space `Peer`.
/// The payload is a view: it does not outlive the call that brings the segment.
template <typename Sender, typename Peer>
struct Segment {
  Endpoint source;
  Endpoint destination;
  Seq<Sender> seq;
  Seq<Peer> ack;  ///< meaningful when flags.ack()
  TcpFlags flags;
  std::uint16_t window = 0;  ///< as in the header, not scaled
  TcpOptions options;
  std::array<SackBlock<Peer>, kMaxSackBlocks> sacks;
  std::uint8_t sack_count = 0;
  std::uint16_t urgent = 0;          ///< the urgent pointer; meaningful when flags.urg()
  std::uint32_t payload_length = 0;  ///< bytes on the wire
  Bytes payload;                     ///< all of it; of a response its beginning at most
  /// Of a response: from its capture at the intercept to here, where the clocks are compared.
  std::optional<Duration> way_back{};

  /// Bytes of sequence space that the segment takes (RFC 9293, 3.4).
  constexpr std::uint32_t sequence_length() const {
    return payload_length + (flags.syn() ? 1U : 0U) + (flags.fin() ? 1U : 0U);
  }
};

/// A packet of the client, captured on the online server.
using ClientSegment = Segment<space::Client, space::Online>;
/// A packet of the target.
using Response = Segment<space::Target, space::Replay>;
/// A packet that tcpcopy plays towards the target.
using ReplaySegment = Segment<space::Replay, space::Target>;

}  // namespace tcpcopy
