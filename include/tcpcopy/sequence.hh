// SPDX-License-Identifier: BSD-3-Clause
// Sequence numbers and positions in byte streams, each bound to the space that it belongs to.
//
// A captured packet carries numbers of two spaces (the client's and the online server's), an
// injected one of two others. On the wire they are Seq: 32 bits that wrap (RFC 9293, 3.4). Inside
// the engine they are Offset: 64 bits that never wrap, 0 being the first byte after the SYN. Only
// SequenceMap converts, so mixing two spaces, or forgetting the wrap, does not compile.
#pragma once

#include <compare>
#include <cstdint>

namespace tcpcopy {

/// The sequence spaces.
namespace space {
struct Client {};  ///< bytes that the client sends
struct Online {};  ///< bytes that the online server sends; seen only as acks of the client
struct Replay {
};  ///< bytes that tcpcopy sends to the target: the client's, as far as they are sent
struct Target {};  ///< bytes that the target sends
}  // namespace space

/// A sequence number on the wire. No order is defined on it: compare offsets.
template <typename Space>
struct Seq {
  std::uint32_t raw = 0;  ///< host byte order

  constexpr Seq() = default;
  constexpr explicit Seq(std::uint32_t value) : raw(value) {}

  friend constexpr bool operator==(Seq, Seq) = default;
  friend constexpr Seq operator+(Seq seq, std::uint32_t n) { return Seq(seq.raw + n); }
  friend constexpr Seq operator-(Seq seq, std::uint32_t n) { return Seq(seq.raw - n); }
};

/// A position in one space's byte stream. It may be negative: the SYN stands at -1.
template <typename Space>
struct Offset {
  std::int64_t value = 0;

  constexpr Offset() = default;
  constexpr explicit Offset(std::int64_t v) : value(v) {}

  friend constexpr auto operator<=>(Offset, Offset) = default;
  friend constexpr Offset operator+(Offset offset, std::int64_t n) {
    return Offset(offset.value + n);
  }
  friend constexpr Offset operator-(Offset offset, std::int64_t n) {
    return Offset(offset.value - n);
  }
  friend constexpr std::int64_t operator-(Offset a, Offset b) { return a.value - b.value; }
  constexpr Offset& operator+=(std::int64_t n) {
    value += n;
    return *this;
  }
};

/// A position or none, no larger than a position.
template <typename Space>
class MaybeOffset {
 public:
  constexpr MaybeOffset() = default;
  constexpr MaybeOffset(Offset<Space> offset) : value_(offset.value) {}  // NOLINT(*-explicit-*)

  constexpr explicit operator bool() const { return value_ != kNone; }
  /// REQUIRES: there is one.
  constexpr Offset<Space> operator*() const { return Offset<Space>(value_); }
  constexpr void reset() { value_ = kNone; }

 private:
  static constexpr std::int64_t kNone = INT64_MIN;  // no stream reaches there
  std::int64_t value_ = kNone;
};

using ClientOffset = Offset<space::Client>;
using OnlineOffset = Offset<space::Online>;
using ReplayOffset = Offset<space::Replay>;
using TargetOffset = Offset<space::Target>;

/// Converts between the numbers and the offsets of one space of one connection.
template <typename Space>
class SequenceMap {
 public:
  constexpr SequenceMap() = default;

  /// @param seq the number of the byte at `offset`.
  constexpr SequenceMap(Seq<Space> seq, Offset<Space> offset)
      : zero_(seq.raw - static_cast<std::uint32_t>(offset.value)) {}

  constexpr Seq<Space> wrap(Offset<Space> offset) const {
    return Seq<Space>(zero_ + static_cast<std::uint32_t>(offset.value));
  }

  /// @param near an offset known to lie within 2^31 of the answer.
  /// @return of all offsets that wrap to `seq`, the one closest to `near`.
  constexpr Offset<Space> unwrap(Seq<Space> seq, Offset<Space> near) const {
    const auto distance = static_cast<std::int32_t>(seq.raw - wrap(near).raw);
    return near + distance;
  }

 private:
  std::uint32_t zero_ = 0;  // the number of offset 0
};

}  // namespace tcpcopy
