// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/fragments.hh"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/net/bytes.hh"
#include "common/net/ipv4_header.hh"
#include "common/net/packet_parser.hh"

namespace tcpcopy::net {
namespace {

constexpr std::uint16_t kOffset = 0x1fff;
constexpr std::uint32_t kOffsetUnit = 8;
constexpr std::size_t kMaxPacket = 65535;
constexpr std::size_t kPieceMemory = 64;      // beside its bytes
constexpr std::size_t kDatagramMemory = 256;  // beside its pieces

std::uint16_t fragmentation(Bytes packet) { return load_be16(&packet[6]); }

// What a fragment says of itself.
struct Part {
  Bytes header;
  Bytes payload;
  std::uint32_t begin = 0;
  bool last = false;
};

std::optional<Part> part_of(Bytes fragment) {
  const std::size_t header = (std::to_integer<std::size_t>(fragment[0]) & 0x0fU) * 4;
  const std::size_t total = load_be16(&fragment[2]);
  if (header < kIpv4HeaderSize || total <= header || total > fragment.size()) return std::nullopt;
  Part part{fragment.first(header), fragment.subspan(header, total - header),
            (fragmentation(fragment) & kOffset) * kOffsetUnit,
            (fragmentation(fragment) & kMoreFragments) == 0};
  if (!part.last && part.payload.size() % kOffsetUnit != 0) return std::nullopt;
  if (header + part.begin + part.payload.size() > kMaxPacket) return std::nullopt;
  return part;
}

}  // namespace

bool Fragments::is_fragment(Bytes packet) {
  return packet.size() >= kIpv4HeaderSize && std::to_integer<unsigned>(packet[0]) >> 4U == 4 &&
         (fragmentation(packet) & (kMoreFragments | kOffset)) != 0;
}

std::optional<Bytes> Fragments::add(Bytes fragment, Duration time) {
  ++counters_.taken;
  now_ = std::max(now_, time);
  while (!datagrams_.empty() && now_ - datagrams_.front().began > kPatience)
    give_up_first();
  const auto part = part_of(fragment);
  if (!part) {
    ++counters_.malformed;
    return std::nullopt;
  }
  const Key key{load_be32(&fragment[12]), load_be32(&fragment[16]),
                std::to_integer<std::uint8_t>(fragment[9]), load_be16(&fragment[4])};
  const Place place = place_of(key, now_);
  Datagram& datagram = *place;
  const Outcome outcome = insert(datagram, part->begin, part->payload, part->last);
  if (outcome == Outcome::kRepeated) ++counters_.repeated;
  if (outcome == Outcome::kRefused) {
    ++counters_.overlapping;
    forget(place);
  }
  if (outcome != Outcome::kTaken) return std::nullopt;
  if (part->begin == 0) {
    datagram.header.assign(part->header.begin(), part->header.end());
    bytes_ += part->header.size();
  }
  std::optional<Bytes> whole;
  if (datagram.length == datagram.received) {
    whole = put_together(datagram);
    ++(whole ? counters_.whole : counters_.malformed);
    forget(place);
  }
  while (bytes_ > kMaxBytes)
    give_up_first();
  return whole;
}

Fragments::Place Fragments::place_of(const Key& key, Duration time) {
  const auto found = index_.find(key);
  if (found != index_.end()) return found->second;
  if (datagrams_.size() == kMaxDatagrams) give_up_first();
  datagrams_.push_back({key, time, {}, {}, std::nullopt, 0});
  bytes_ += kDatagramMemory;
  const Place place = std::prev(datagrams_.end());
  index_.emplace(key, place);
  return place;
}

// RFC 815 in other words: pieces stand in order, and each new one must fit between two of them.
Fragments::Outcome Fragments::insert(Datagram& datagram, std::uint32_t begin, Bytes payload,
                                     bool last) {
  auto& pieces = datagram.pieces;
  const auto end = begin + static_cast<std::uint32_t>(payload.size());
  const auto next =
      std::lower_bound(pieces.begin(), pieces.end(), begin,
                       [](const Piece& piece, std::uint32_t at) { return piece.end() <= at; });
  if (next != pieces.end() && next->begin < end) {
    const bool inside = next->begin <= begin && end <= next->end();
    const auto there = next->bytes.begin() + (begin - std::min(begin, next->begin));
    const bool same = inside && std::equal(payload.begin(), payload.end(), there);
    const bool agrees = last ? datagram.length == end : end < datagram.length.value_or(end + 1);
    return same && agrees ? Outcome::kRepeated : Outcome::kRefused;
  }
  const bool beyond = datagram.length && (last || end > *datagram.length);
  const bool before_another = last && next != pieces.end();
  if (beyond || before_another || pieces.size() == kMaxPieces) return Outcome::kRefused;
  if (last) datagram.length = end;
  pieces.insert(next, Piece{begin, {payload.begin(), payload.end()}});
  datagram.received += end - begin;
  bytes_ += payload.size() + kPieceMemory;
  return Outcome::kTaken;
}

// Nothing where the options that only the first fragment has make it too long.
std::optional<Bytes> Fragments::put_together(const Datagram& datagram) {
  if (datagram.header.size() + datagram.received > kMaxPacket) return std::nullopt;
  whole_.assign(datagram.header.begin(), datagram.header.end());
  for (const Piece& piece : datagram.pieces)
    whole_.insert(whole_.end(), piece.bytes.begin(), piece.bytes.end());
  store_be16(&whole_[2], static_cast<std::uint16_t>(whole_.size()));
  store_be16(&whole_[6], 0);
  return whole_;
}

void Fragments::forget(Place place) {
  std::size_t memory = kDatagramMemory + place->header.size();
  for (const Piece& piece : place->pieces)
    memory += piece.bytes.size() + kPieceMemory;
  bytes_ -= memory;
  index_.erase(place->key);
  datagrams_.erase(place);
}

void Fragments::end() {
  while (!datagrams_.empty())
    give_up_first();
  now_ = Duration(0);
}

void Fragments::give_up_first() {
  ++counters_.given_up;
  forget(datagrams_.begin());
}

}  // namespace tcpcopy::net
