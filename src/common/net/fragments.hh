// SPDX-License-Identifier: BSD-3-Clause
// IPv4 datagrams put together from their fragments (RFC 791, 3.2), in any order.
//
// As in kernels, a fragment that repeats what is there is left out, and one that overlaps it, or
// contradicts it, takes the whole datagram with it (RFC 5722 says why): two readers of overlapping
// fragments may read two different packets. What never becomes whole is bounded in number, in bytes
// and in time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "tcpcopy/segment.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::net {

class Fragments {
 public:
  // At a limit the datagram that began first is given up.
  static constexpr std::size_t kMaxDatagrams = 1024;
  static constexpr std::size_t kMaxBytes = std::size_t{8} << 20U;
  static constexpr std::size_t kMaxPieces = 1024;  ///< of one datagram; with more it is refused
  /// As Linux's ipfrag_time.
  static constexpr Duration kPatience = std::chrono::seconds(30);

  struct Counters {
    std::uint64_t taken = 0;        ///< fragments
    std::uint64_t whole = 0;        ///< datagrams put together
    std::uint64_t repeated = 0;     ///< fragments that were there before
    std::uint64_t overlapping = 0;  ///< datagrams refused for it
    std::uint64_t malformed = 0;    ///< fragments that no datagram can have, and cut ones
    std::uint64_t given_up = 0;  ///< datagrams that did not become whole in time, or were too many
  };

  /// @param packet begins at the IPv4 header.
  static bool is_fragment(Bytes packet);

  /// @param fragment begins at the IPv4 header; what follows it is ignored.
  /// @param time when it was captured. It may go back: then it counts as the last.
  /// @return the datagram when this was the last of its fragments, as one packet, whose IPv4
  ///   checksum is not computed anew. It lives until the next call.
  /// REQUIRES: is_fragment(fragment).
  std::optional<Bytes> add(Bytes fragment, Duration time);

  /// Gives up all that is not whole: there will be no more.
  void end();

  const Counters& counters() const { return counters_; }
  std::size_t datagrams() const { return datagrams_.size(); }  ///< that are not whole
  std::size_t bytes() const { return bytes_; }                 ///< that they take

 private:
  // RFC 791, 3.2: source, destination, protocol, identification.
  using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint8_t, std::uint16_t>;

  struct Piece {
    std::uint32_t begin = 0;  // in the datagram's payload
    std::vector<std::byte> bytes;
    std::uint32_t end() const { return begin + static_cast<std::uint32_t>(bytes.size()); }
  };
  struct Datagram {
    Key key;
    Duration began{0};
    std::vector<std::byte> header;        // of the fragment that begins it
    std::vector<Piece> pieces;            // in order, without overlap
    std::optional<std::uint32_t> length;  // known with the last fragment
    std::uint32_t received = 0;
  };
  using Place = std::list<Datagram>::iterator;
  enum class Outcome : std::uint8_t { kTaken, kRepeated, kRefused };

  Place place_of(const Key& key, Duration time);
  Outcome insert(Datagram& datagram, std::uint32_t begin, Bytes payload, bool last);
  std::optional<Bytes> put_together(const Datagram& datagram);
  void forget(Place place);
  void give_up_first();

  std::list<Datagram> datagrams_;  // the one that began first is in front
  absl::flat_hash_map<Key, Place> index_;
  std::vector<std::byte> whole_;
  Duration now_{0};
  std::size_t bytes_ = 0;
  Counters counters_;
};

}  // namespace tcpcopy::net
