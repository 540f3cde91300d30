// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/client/client_stream.hh"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <new>

#include "absl/container/btree_map.h"
#include "tcpcopy/session/client/request_boundary.hh"
#include "tcpcopy/session/limits.hh"

namespace tcpcopy::session {

struct ClientStream::Index {
  absl::btree_map<ClientOffset, Chunk*> chunks;  // by where they begin

  // No chunk that begins in [searched_from, searched_to) begins a request.
  ClientOffset searched_from;
  ClientOffset searched_to;
  bool searched_by_content = false;
};

Chunk* Chunk::create(ClientOffset begin, std::uint32_t room, const Origin& origin) {
  return new (::operator new(sizeof(Chunk) + room)) Chunk(begin, room, origin);
}

void Chunk::destroy(Chunk* chunk) {
  chunk->~Chunk();
  ::operator delete(chunk);
}

Bytes Chunk::bytes() const {
  return {static_cast<const std::byte*>(static_cast<const void*>(this + 1)), length_};
}

// REQUIRES: there is room.
void Chunk::append(Bytes bytes) {
  auto* memory = static_cast<std::byte*>(static_cast<void*>(this + 1));
  std::memcpy(memory + length_, bytes.data(), bytes.size());
  length_ += static_cast<std::uint32_t>(bytes.size());
}

// Whether bytes that begin there may be merged into this chunk, with nothing lost by it.
bool Chunk::takes(ClientOffset begin, Bytes bytes, OnlineOffset online_acked) const {
  return begin == end() && online_acked == online_acked_ &&
         length_ + bytes.size() <= kMergedChunk && !may_begin_request(bytes);
}

ClientStream::ClientStream() = default;
ClientStream::~ClientStream() { release_all(); }

std::size_t ClientStream::chunks() const { return index_ ? index_->chunks.size() : unindexed_; }

// Null when all begin behind it.
Chunk* ClientStream::last_before(ClientOffset at) const {
  if (index_) {
    const auto after = index_->chunks.upper_bound(at);
    return after == index_->chunks.begin() ? nullptr : std::prev(after)->second;
  }
  Chunk* last = nullptr;
  for (Chunk* chunk = head_; chunk != nullptr && chunk->begin_ <= at; chunk = chunk->next_)
    last = chunk;
  return last;
}

void ClientStream::build_index() {
  index_ = std::make_unique<Index>();
  for (Chunk* chunk = head_; chunk != nullptr; chunk = chunk->next_)
    index_->chunks.emplace_hint(index_->chunks.end(), chunk->begin_, chunk);
}

Chunk* ClientStream::link_behind(Chunk* previous, Chunk* chunk) {
  Chunk*& link = previous == nullptr ? head_ : previous->next_;
  chunk->next_ = link;
  link = chunk;
  held_memory_ += chunk->memory();
  if (index_ && chunk->next_ == nullptr) {
    index_->chunks.emplace_hint(index_->chunks.end(), chunk->begin_, chunk);
  } else if (index_) {
    index_->chunks.emplace(chunk->begin_, chunk);
  } else if (++unindexed_ > kFewChunks) {
    build_index();
  }
  return chunk;
}

// Makes room for so many bytes. The chunk moves. REQUIRES: there is an index.
Chunk* ClientStream::enlarge(Chunk* chunk, std::uint32_t length) {
  if (length <= chunk->room_) return chunk;
  Chunk* larger =
      Chunk::create(chunk->begin_, std::min(std::bit_ceil(length), kMergedChunk), chunk->origin());
  larger->append(chunk->bytes());
  larger->next_ = chunk->next_;
  larger->packets_ = chunk->packets_;
  larger->starts_turn_ = chunk->starts_turn_;
  larger->sent_before_ = chunk->sent_before_;
  const auto place = index_->chunks.find(chunk->begin_);
  place->second = larger;
  (chunk == head_ ? head_ : std::prev(place)->second->next_) = larger;
  if (contiguous_tail_ == chunk) contiguous_tail_ = larger;
  held_memory_ += larger->memory() - chunk->memory();
  Chunk::destroy(chunk);
  return larger;
}

Chunk* ClientStream::extend(Chunk* chunk, Bytes bytes, const Chunk::Origin& origin) {
  chunk = enlarge(chunk, chunk->length_ + static_cast<std::uint32_t>(bytes.size()));
  chunk->append(bytes);
  chunk->captured_at_ = std::min(chunk->captured_at_, origin.captured_at);
  chunk->push_ = origin.push;
  return chunk;
}

Chunk* ClientStream::join_next(Chunk* chunk) {
  Chunk* next = chunk->next_;
  if (next == nullptr || !chunk->takes(next->begin_, next->bytes(), next->online_acked_))
    return chunk;
  chunk = extend(chunk, next->bytes(), next->origin());
  chunk->packets_ = static_cast<std::uint16_t>(chunk->packets_ + next->packets_);
  chunk->next_ = next->next_;
  index_->chunks.erase(next->begin_);
  held_memory_ -= next->memory();
  Chunk::destroy(next);
  return chunk;
}

// Keeps bytes that stand in a gap behind `previous`. @return the chunk that holds them.
Chunk* ClientStream::store(Chunk* previous, ClientOffset begin, Bytes bytes,
                           const Chunk::Origin& origin, bool sent_before) {
  Chunk* chunk = nullptr;
  if (index_ && previous != nullptr && previous->takes(begin, bytes, origin.online_acked)) {
    chunk = extend(previous, bytes, origin);
  } else {
    chunk = Chunk::create(begin, static_cast<std::uint32_t>(bytes.size()), origin);
    chunk->append(bytes);
    chunk->sent_before_ = sent_before;
    link_behind(previous, chunk);
  }
  return index_ ? join_next(chunk) : chunk;
}

std::uint32_t ClientStream::insert(ClientOffset at, Bytes payload, const Chunk::Origin& origin) {
  const ClientOffset end = at + static_cast<std::int64_t>(payload.size());
  const bool sent_before = end <= seen_end_;
  note_sent(end);
  std::uint32_t inserted = 0;
  Chunk* newest = nullptr;
  ClientOffset from = std::max(at, contiguous_end_);
  Chunk* previous = from == contiguous_end_ ? contiguous_tail_ : last_before(from);
  while (from < end) {
    if (previous != nullptr && previous->end() > from) {  // bytes that are there already
      from = previous->end();
      continue;
    }
    const Chunk* next = behind(previous);
    const ClientOffset gap_end = next == nullptr ? end : std::min(end, next->begin_);
    if (gap_end == from) {
      previous = behind(previous);
      continue;
    }
    Chunk::Origin from_gap = origin;
    // What fills a gap was sent before what stands behind it; this is a repetition with a later
    // ack.
    if (next != nullptr) {
      from_gap.online_acked = std::min(origin.online_acked, next->online_acked_);
    }
    const auto size = static_cast<std::size_t>(gap_end - from);
    const Bytes bytes = payload.subspan(static_cast<std::size_t>(from - at), size);
    previous = newest = store(previous, from, bytes, from_gap, sent_before);
    inserted += static_cast<std::uint32_t>(size);
    from = gap_end;
  }
  if (newest != nullptr) ++newest->packets_;
  extend_contiguous();
  return inserted;
}

void ClientStream::extend_contiguous() {
  // The last one may have grown.
  if (contiguous_tail_ != nullptr) contiguous_end_ = contiguous_tail_->end();
  Chunk* next = behind(contiguous_tail_);
  for (int i = 0; i < kMostExtended && next != nullptr && next->begin_ <= contiguous_end_; ++i) {
    contiguous_end_ = next->end();
    next->starts_turn_ =
        !behind_hole_ && !next->sent_before_ && next->online_acked_ > last_online_acked_;
    behind_hole_ = false;
    last_online_acked_ = std::max(last_online_acked_, next->online_acked_);
    contiguous_tail_ = next;
    next = next->next_;
  }
}

ClientStream::Rare& ClientStream::rare() {
  if (!rare_) rare_ = std::make_unique<Rare>();
  return *rare_;
}

bool ClientStream::note_urgent(ClientOffset at, std::uint16_t pointer) {
  const ClientOffset end = at + std::max<std::int64_t>(pointer, 1);  // 0 as Linux reads it
  if (end <= contiguous_end_) return true;
  std::vector<Urgent>& urgent = rare().urgent;
  const auto ends_behind = [](ClientOffset place) {
    return [place](const Urgent& u) { return u.end > place; };
  };
  const auto next = std::find_if(urgent.begin(), urgent.end(), ends_behind(end));
  // One that tells less than a packet before it, of the same bytes, is late.
  if (next != urgent.end() && next->begin <= at) return true;
  const auto replaced =
      std::find_if(urgent.begin(), next, ends_behind(std::max(at, contiguous_end_)));
  if (replaced == next && urgent.size() >= kMaxUrgent) return false;
  ClientOffset begin = at;
  for (auto u = replaced; u != next; ++u)
    begin = std::min(begin, u->begin);
  const std::size_t before = urgent.size();
  urgent.insert(urgent.erase(replaced, next), {begin, end});
  held_memory_ += static_cast<std::uint32_t>(sizeof(Urgent) * (urgent.size() - before));
  return true;
}

const Urgent* ClientStream::urgent(ClientOffset at) const {
  if (!rare_) return nullptr;
  for (const Urgent& urgent : rare_->urgent) {
    if (urgent.end > at) return &urgent;
  }
  return nullptr;
}

void ClientStream::release_urgent(ClientOffset to) {
  if (!rare_) return;
  std::vector<Urgent>& urgent = rare_->urgent;
  held_memory_ -= static_cast<std::uint32_t>(
      sizeof(Urgent) * std::erase_if(urgent, [&](const Urgent& u) { return u.end <= to; }));
  if (urgent.empty()) urgent.shrink_to_fit();
}

void ClientStream::set_fin(ClientOffset at, OnlineOffset online_acked) {
  if (end() != nullptr) return;
  // What was seen behind it before it came, out of order, was its own number.
  seen_end_ = std::max(at, contiguous_end_);
  rare().end = StreamEnd{at, online_acked, online_acked, true, false};
}

void ClientStream::set_reset(ClientOffset at, OnlineOffset online_acked) {
  if (end() != nullptr) {
    StreamEnd& end = *rare_->end;
    if (!end.reset) end.reset_acked = std::max(online_acked, end.online_acked + 1);
    end.reset = true;
    return;
  }
  // An RST may answer an old segment; what was sent in the meantime was sent before it.
  at = std::max(at, contiguous_end_);
  note_sent(at);
  rare().end = StreamEnd{at, online_acked, online_acked, false, true};
}

const Chunk* ClientStream::behind_hole() const { return behind(contiguous_tail_); }

const Chunk* ClientStream::find(ClientOffset at) const {
  if (at >= contiguous_end_) return nullptr;
  const Chunk* chunk = last_before(at);
  return chunk != nullptr && at < chunk->end() ? chunk : nullptr;
}

ClientStream::Gathered ClientStream::gather(ClientOffset at, std::uint32_t length,
                                            std::span<Bytes> pieces) const {
  Gathered gathered;
  const Chunk* chunk = find(at);
  // A chunk that begins beyond `at` lies behind a hole.
  while (chunk != nullptr && chunk->begin() <= at && gathered.length < length &&
         gathered.pieces < pieces.size()) {
    const auto skip = static_cast<std::uint32_t>(at - chunk->begin());
    const std::uint32_t take = std::min(chunk->length() - skip, length - gathered.length);
    pieces[gathered.pieces++] = chunk->bytes().subspan(skip, take);
    gathered.length += take;
    gathered.push = chunk->push_ && skip + take == chunk->length();
    at += take;
    chunk = chunk->next();
  }
  return gathered;
}

Account ClientStream::free_first() {
  Chunk* chunk = head_;
  head_ = chunk->next_;
  if (contiguous_tail_ == chunk) contiguous_tail_ = nullptr;
  if (!index_) {
    --unindexed_;
  } else {
    index_->chunks.erase(index_->chunks.begin());
    if (index_->chunks.size() <= kFewChunks / 2) {
      unindexed_ = static_cast<std::uint8_t>(index_->chunks.size());
      index_.reset();
    }
  }
  held_memory_ -= chunk->memory();
  const Account freed{chunk->packets_, chunk->length_};
  Chunk::destroy(chunk);
  return freed;
}

Account ClientStream::release_to(ClientOffset to) {
  Account released;
  while (head_ != nullptr && head_->end() <= to)
    released += free_first();
  release_urgent(to);
  if (to > contiguous_end_) {
    contiguous_end_ = to;
    behind_hole_ = true;
    note_sent(to);
    extend_contiguous();
  }
  return released;
}

Account ClientStream::release_all() {
  release_urgent(ClientOffset(INT64_MAX));
  index_.reset();  // which need not be kept up while all goes
  Account released;
  while (head_ != nullptr)
    released += free_first();
  unindexed_ = 0;
  return released;
}

ClientOffset ClientStream::searched_from(ClientOffset from, bool by_content) const {
  const bool known = index_ && index_->searched_by_content == by_content &&
                     index_->searched_from <= from && from < index_->searched_to;
  return known ? index_->searched_to : from;
}

void ClientStream::note_searched(ClientOffset from, ClientOffset to, bool by_content) const {
  if (!index_) return;
  const bool goes_on = index_->searched_by_content == by_content && index_->searched_from <= from &&
                       from <= index_->searched_to;
  if (!goes_on) index_->searched_from = from;
  index_->searched_to = goes_on ? std::max(index_->searched_to, to) : to;
  index_->searched_by_content = by_content;
}

}  // namespace tcpcopy::session
