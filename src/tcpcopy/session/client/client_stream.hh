// SPDX-License-Identifier: BSD-3-Clause
// What one client sent, put back in order.
//
// Captured payloads come out of order, overlapping, repeated, or as one block of up to 64 KB that
// the kernel's GRO made of many. Each is copied once, into a Chunk, and kept until the target has
// acknowledged it. Chunks never overlap; bytes captured first win. The stream up to
// contiguous_end() can be sent; what lies beyond waits for the hole before it.
//
// A session that holds little keeps a list. One that holds more has an index beside it, so that
// every place is found in logarithmic time, and small chunks are merged. Merging hides no place
// where a request may begin: chunks stay apart where the client had seen something new in between,
// and where the bytes look like a request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

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
  /// Of a merged chunk: captured_at is that of its first packet, push that of its last byte.
  Origin origin() const { return {online_acked_, captured_at_, push_}; }
  const Chunk* next() const { return next_; }

  /// Whether the client had seen new bytes of the online server between the bytes before this
  /// chunk and this chunk: a request begins here. Known once the chunk is contiguous. Not so of
  /// bytes that the client sent again: their packet tells what it had seen by then, which is more.
  bool starts_turn() const { return starts_turn_; }

 private:
  friend class ClientStream;
  Chunk(ClientOffset begin, std::uint32_t room, const Origin& origin)
      : begin_(begin),
        online_acked_(origin.online_acked),
        captured_at_(origin.captured_at),
        room_(room),
        push_(origin.push) {}
  ~Chunk() = default;

  std::uint32_t memory() const { return kOverhead + room_; }
  bool takes(ClientOffset begin, Bytes bytes, OnlineOffset online_acked) const;
  void append(Bytes bytes);

  // The bytes stand behind the object in the same allocation.
  static Chunk* create(ClientOffset begin, std::uint32_t room, const Origin& origin);
  static void destroy(Chunk* chunk);

  // A chunk, what the allocator adds, and its place in the index.
  static constexpr std::uint32_t kOverhead = 88;

  Chunk* next_ = nullptr;
  ClientOffset begin_;
  OnlineOffset online_acked_;
  Instant captured_at_;
  std::uint32_t length_ = 0;
  std::uint32_t room_;         // bytes that were allocated for its own
  std::uint16_t packets_ = 0;  // that are accounted with this chunk
  bool push_;
  bool starts_turn_ = false;
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

/// Bytes that the client sent as urgent (RFC 9293, 3.8.5). The byte before `end` is the one that a
/// receiver hands out apart (RFC 6093, 2 and 3).
struct Urgent {
  ClientOffset begin;  ///< of the first segment that told of it
  ClientOffset end;    ///< where its pointer pointed
};

class ClientStream {
 public:
  ClientStream();
  ~ClientStream();
  ClientStream(const ClientStream&) = delete;
  ClientStream& operator=(const ClientStream&) = delete;
  ClientStream(ClientStream&&) = delete;
  ClientStream& operator=(ClientStream&&) = delete;

  /// Takes a captured payload.
  /// @param at position of its first byte.
  /// @return how many of its bytes were new; the rest had been captured before.
  std::uint32_t insert(ClientOffset at, Bytes payload, const Chunk::Origin& origin);

  /// Notes that a packet at `at`, to be inserted next, had the URG flag, and where its pointer
  /// pointed. A pointer to bytes that are there already says nothing; one beyond those of which it
  /// was told and that did not come yet replaces them, as it does in the online server.
  /// @return false when too many are held: the urgent byte is sent as any other.
  bool note_urgent(ClientOffset at, std::uint16_t pointer);
  /// The urgent bytes that end first behind `at`; null when there are none. Of one segment.
  const Urgent* urgent(ClientOffset at) const;

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
  const StreamEnd* end() const { return rare_ && rare_->end ? &*rare_->end : nullptr; }
  /// Whether all bytes up to the end of the stream are there.
  bool complete() const { return end() != nullptr && contiguous_end_ >= end()->at; }

  const Chunk* first() const { return head_; }

  /// Where a hole is filled before very many chunks they join in several steps, so that nobody
  /// waits for them: whether some are left, and the next step.
  bool extends() const { return has_hole() && next_joins(); }
  void extend() { extend_contiguous(); }

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
  /// How many chunks are held.
  std::size_t chunks() const;

  /// For next_request_boundary(), which remembers here how far it has looked.
  /// @return where to go on when it looks from `from`: no chunk before that begins a request.
  ClientOffset searched_from(ClientOffset from, bool by_content) const;
  void note_searched(ClientOffset from, ClientOffset to, bool by_content) const;

 private:
  struct Index;

  // What a stream has seldom, or not for long.
  struct Rare {
    std::optional<StreamEnd> end;
    std::vector<Urgent> urgent;  // sorted, what was not released
  };
  Rare& rare();
  void release_urgent(ClientOffset to);

  Chunk* last_before(ClientOffset at) const;
  Chunk* behind(const Chunk* previous) const {
    return previous != nullptr ? previous->next_ : head_;
  }
  Chunk* store(Chunk* previous, ClientOffset begin, Bytes bytes, const Chunk::Origin& origin,
               bool sent_before);
  Chunk* link_behind(Chunk* previous, Chunk* chunk);
  Chunk* extend(Chunk* chunk, Bytes bytes, const Chunk::Origin& origin);
  Chunk* enlarge(Chunk* chunk, std::uint32_t length);
  Chunk* join_next(Chunk* chunk);
  void build_index();
  Account free_first();
  void extend_contiguous();
  bool next_joins() const {
    const Chunk* next = behind_hole();
    return next != nullptr && next->begin() <= contiguous_end_;
  }

  Chunk* head_ = nullptr;
  Chunk* contiguous_tail_ = nullptr;  // the last chunk before contiguous_end_, if held
  std::unique_ptr<Index> index_;      // only while there are many
  ClientOffset contiguous_end_;
  ClientOffset seen_end_;
  OnlineOffset last_online_acked_;  // the highest among the contiguous chunks so far
  std::unique_ptr<Rare> rare_;
  std::uint32_t held_memory_ = 0;  // bytes; the engine ends a session long before 2^32
  std::uint8_t unindexed_ = 0;     // chunks, while there is no index
  bool behind_hole_ = false;       // what precedes the next contiguous chunk is not known
};

}  // namespace tcpcopy::session
