// SPDX-License-Identifier: BSD-3-Clause
// What one client sent, put back in order.
//
// Captured payloads come out of order, overlapping, repeated, or as one block of up to 64 KB that
// the kernel's GRO made of many. Each is copied once, into a Chunk, and kept until the target has
// acknowledged it. Chunks never overlap; bytes captured first win. The stream up to
// contiguous_end() can be sent; what lies beyond waits for the hole before it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "tcpcopy/segment.hh"
#include "tcpcopy/session/ledger.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::session {

/// A run of captured bytes with what is known of the moment when they were captured.
class Chunk {
 public:
  struct Origin {
    OnlineOffset online_acked;  ///< how much of the online response the client had acknowledged
    Instant captured_at;
    bool push = false;  ///< the packet carried PSH
  };

  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;
  Chunk(Chunk&&) = delete;
  Chunk& operator=(Chunk&&) = delete;

  ClientOffset begin() const { return begin_; }
  ClientOffset end() const { return begin_ + length_; }
  std::uint32_t length() const { return length_; }
  Bytes bytes() const;
  const Origin& origin() const { return origin_; }
  const Chunk* next() const { return next_; }

  /// Whether the client had seen new bytes of the online server between the bytes before this
  /// chunk and this chunk: a request begins here. Known once the chunk is contiguous. Not so of
  /// bytes that the client sent again: their packet tells what it had seen by then, which is more.
  bool starts_turn() const { return starts_turn_; }

 private:
  friend class ClientStream;
  Chunk(ClientOffset begin, std::uint32_t length, const Origin& origin)
      : begin_(begin), origin_(origin), length_(length) {}
  ~Chunk() = default;

  std::uint32_t memory() const { return static_cast<std::uint32_t>(sizeof(Chunk)) + length_; }

  // The bytes stand behind the object in the same allocation.
  static Chunk* create(ClientOffset begin, Bytes bytes, const Origin& origin);
  static void destroy(Chunk* chunk);

  Chunk* next_ = nullptr;
  ClientOffset begin_;
  Origin origin_;
  std::uint32_t length_;
  bool starts_turn_ = false;
  bool counts_packet_ = false;  // the packet that brought it is accounted with this chunk
  bool sent_before_ = false;  // the client sent these bytes before this packet, which was captured
};

/// The end of the client's stream: FIN, RST, or FIN and then RST.
struct StreamEnd {
  ClientOffset at;            ///< behind the last byte
  OnlineOffset online_acked;  ///< as in Chunk::Origin, when the FIN was captured
  OnlineOffset reset_acked;   ///< the same for the RST
  bool fin = false;
  bool reset = false;
};

class ClientStream {
 public:
  ClientStream() = default;
  ~ClientStream();
  ClientStream(const ClientStream&) = delete;
  ClientStream& operator=(const ClientStream&) = delete;
  ClientStream(ClientStream&&) = delete;
  ClientStream& operator=(ClientStream&&) = delete;

  /// Takes a captured payload.
  /// @param at position of its first byte.
  /// @return how many of its bytes were new; the rest had been captured before.
  std::uint32_t insert(ClientOffset at, Bytes payload, const Chunk::Origin& origin);

  /// Notes that the client closed behind the byte before `at`. Only the first FIN counts.
  void set_fin(ClientOffset at, OnlineOffset online_acked);
  /// Notes that the client aborted. Behind a FIN it ends the same bytes, and tells that the online
  /// server said something more after it.
  void set_reset(ClientOffset at, OnlineOffset online_acked);

  /// Notes that the client has sent everything before `at`, captured or not.
  void note_sent(ClientOffset at) { seen_end_ = std::max(seen_end_, at); }

  /// Behind the last byte that can be sent.
  ClientOffset contiguous_end() const { return contiguous_end_; }

  /// Behind the last byte that the client is known to have sent. A hole is where it is greater than
  /// contiguous_end().
  ClientOffset seen_end() const { return seen_end_; }
  bool has_hole() const { return seen_end_ > contiguous_end_; }

  /// Null while the client has not ended its stream.
  const StreamEnd* end() const { return end_.get(); }
  /// Whether all bytes up to the end of the stream are there.
  bool complete() const { return end_ && contiguous_end_ >= end_->at; }

  const Chunk* first() const { return head_; }

  /// The first chunk beyond contiguous_end(); null when nothing was captured there.
  const Chunk* behind_hole() const;

  /// The contiguous chunk in which `at` lies; null when there is none.
  const Chunk* find(ClientOffset at) const;

  /// The pieces of memory that hold [at, at + length).
  /// @param pieces room for the pieces; when they are too few, the rest is left out.
  /// @return how many bytes the pieces hold, up to the first hole, and how many pieces there are.
  /// REQUIRES: `at` was not released.
  struct Gathered {
    std::uint32_t length = 0;
    std::size_t pieces = 0;
    bool push = false;  ///< the last byte was the last of a packet with PSH
  };
  Gathered gather(ClientOffset at, std::uint32_t length, std::span<Bytes> pieces) const;

  /// Frees chunks that lie wholly before `to`, and moves the stream there when it lies beyond
  /// contiguous_end(), as it does behind a hole.
  /// @return what was freed.
  Account release_to(ClientOffset to);
  /// Frees all chunks, also those that a client has sent behind its own FIN. It takes no more.
  Account release_all();

  /// Memory that the chunks take, their bytes included.
  std::uint32_t held_memory() const { return held_memory_; }

 private:
  Account free_first();
  Chunk* append_after(Chunk* previous, ClientOffset begin, Bytes bytes,
                      const Chunk::Origin& origin);
  void extend_contiguous();

  Chunk* head_ = nullptr;
  Chunk* contiguous_tail_ = nullptr;       // the last chunk before contiguous_end_, if held
  mutable const Chunk* cursor_ = nullptr;  // where gather() ended: sending is mostly sequential
  ClientOffset contiguous_end_;
  ClientOffset seen_end_;
  OnlineOffset last_online_acked_;  // the highest among the contiguous chunks so far
  std::unique_ptr<StreamEnd> end_;
  std::uint32_t held_memory_ = 0;  // bytes; the engine ends a session long before 2^32
  bool behind_hole_ = false;       // what precedes the next contiguous chunk is not known
};

}  // namespace tcpcopy::session
