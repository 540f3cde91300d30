// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/client_stream.hh"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>

namespace tcpcopy::session {

Chunk* Chunk::create(ClientOffset begin, Bytes bytes, const Origin& origin) {
  void* memory = ::operator new(sizeof(Chunk) + bytes.size());
  auto* chunk = new (memory) Chunk(begin, static_cast<std::uint32_t>(bytes.size()), origin);
  std::memcpy(static_cast<std::byte*>(memory) + sizeof(Chunk), bytes.data(), bytes.size());
  return chunk;
}

void Chunk::destroy(Chunk* chunk) {
  chunk->~Chunk();
  ::operator delete(chunk);
}

Bytes Chunk::bytes() const {
  return {static_cast<const std::byte*>(static_cast<const void*>(this + 1)), length_};
}

ClientStream::~ClientStream() { release_all(); }

Chunk* ClientStream::append_after(Chunk* previous, ClientOffset begin, Bytes bytes,
                                  const Chunk::Origin& origin) {
  Chunk* chunk = Chunk::create(begin, bytes, origin);
  Chunk*& link = previous == nullptr ? head_ : previous->next_;
  chunk->next_ = link;
  link = chunk;
  held_memory_ += chunk->memory();
  return chunk;
}

std::uint32_t ClientStream::insert(ClientOffset at, Bytes payload, const Chunk::Origin& origin) {
  const ClientOffset end = at + static_cast<std::int64_t>(payload.size());
  const bool sent_before = end <= seen_end_;
  note_sent(end);
  std::uint32_t inserted = 0;
  Chunk* newest = nullptr;
  ClientOffset from = std::max(at, contiguous_end_);
  Chunk* previous = contiguous_tail_;
  while (from < end) {
    Chunk* next = previous == nullptr ? head_ : previous->next_;
    if (next != nullptr && next->begin_ <= from) {  // bytes that are there already
      from = std::max(from, next->end());
      previous = next;
      continue;
    }
    const ClientOffset gap_end = next == nullptr ? end : std::min(end, next->begin_);
    const auto size = static_cast<std::size_t>(gap_end - from);
    Chunk::Origin from_gap = origin;
    // What fills a gap was sent before what stands behind it; this is a repetition with a later
    // ack.
    if (next != nullptr) {
      from_gap.online_acked = std::min(origin.online_acked, next->origin_.online_acked);
    }
    newest = append_after(previous, from,
                          payload.subspan(static_cast<std::size_t>(from - at), size), from_gap);
    newest->sent_before_ = sent_before;
    inserted += static_cast<std::uint32_t>(size);
    previous = newest;
    from = gap_end;
  }
  if (newest != nullptr) newest->counts_packet_ = true;
  extend_contiguous();
  return inserted;
}

void ClientStream::extend_contiguous() {
  Chunk* next = contiguous_tail_ == nullptr ? head_ : contiguous_tail_->next_;
  while (next != nullptr && next->begin_ <= contiguous_end_) {
    contiguous_end_ = next->end();
    next->starts_turn_ =
        !behind_hole_ && !next->sent_before_ && next->origin_.online_acked > last_online_acked_;
    behind_hole_ = false;
    last_online_acked_ = std::max(last_online_acked_, next->origin_.online_acked);
    contiguous_tail_ = next;
    next = next->next_;
  }
}

void ClientStream::set_fin(ClientOffset at, OnlineOffset online_acked) {
  if (end_) return;
  // What was seen behind it before it came, out of order, was its own number.
  seen_end_ = std::max(at, contiguous_end_);
  end_ = std::make_unique<StreamEnd>(StreamEnd{at, online_acked, online_acked, true, false});
}

void ClientStream::set_reset(ClientOffset at, OnlineOffset online_acked) {
  if (end_ && end_->reset) return;
  if (end_) {
    end_->reset_acked = std::max(online_acked, end_->online_acked + 1);
    end_->reset = true;
    return;
  }
  // An RST may answer an old segment; what was sent in the meantime was sent before it.
  at = std::max(at, contiguous_end_);
  note_sent(at);
  end_ = std::make_unique<StreamEnd>(StreamEnd{at, online_acked, online_acked, false, true});
}

const Chunk* ClientStream::behind_hole() const {
  return contiguous_tail_ == nullptr ? head_ : contiguous_tail_->next_;
}

const Chunk* ClientStream::find(ClientOffset at) const {
  if (at >= contiguous_end_ || contiguous_tail_ == nullptr) return nullptr;
  const Chunk* chunk = cursor_ != nullptr && cursor_->begin() <= at ? cursor_ : head_;
  while (chunk != nullptr && chunk->end() <= at)
    chunk = chunk->next();
  return chunk != nullptr && chunk->begin() <= at ? chunk : nullptr;
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
    gathered.push = chunk->origin().push && skip + take == chunk->length();
    at += take;
    cursor_ = chunk;
    chunk = chunk->next();
  }
  return gathered;
}

Account ClientStream::free_first() {
  Chunk* chunk = head_;
  head_ = chunk->next_;
  if (contiguous_tail_ == chunk) contiguous_tail_ = nullptr;
  if (cursor_ == chunk) cursor_ = nullptr;
  held_memory_ -= chunk->memory();
  const Account freed{chunk->counts_packet_ ? 1U : 0U, chunk->length_};
  Chunk::destroy(chunk);
  return freed;
}

Account ClientStream::release_to(ClientOffset to) {
  Account released;
  while (head_ != nullptr && head_->end() <= to)
    released += free_first();
  if (to > contiguous_end_) {
    contiguous_end_ = to;
    behind_hole_ = true;
    note_sent(to);
    extend_contiguous();
  }
  return released;
}

Account ClientStream::release_all() {
  Account released;
  while (head_ != nullptr)
    released += free_first();
  return released;
}

}  // namespace tcpcopy::session
