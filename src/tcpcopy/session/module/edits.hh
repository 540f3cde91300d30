// SPDX-License-Identifier: BSD-3-Clause
// What a module made of a client's stream: runs of bytes that are the client's own, and bytes in
// their place. It maps every place of the one to the other, and gives the bytes of the second.
//
// What is kept is not copied: it stays in the ClientStream, which releases nothing that the target
// has not acknowledged here. Runs are kept until then, so anything may be sent again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "tcpcopy/segment.hh"
#include "tcpcopy/session/client/client_stream.hh"

namespace tcpcopy::session {

class Edits {
 public:
  /// Begins a connection. What was written on another is forgotten.
  void open(ClientOffset read, ReplayOffset written);

  // What becomes of the client's next bytes. REQUIRES, of the first three: they are contiguous.
  void keep(std::int64_t length);
  void replace(std::int64_t length, std::vector<std::byte> bytes);
  void drop(std::int64_t length) { replace(length, {}); }
  void insert(std::vector<std::byte> bytes) { replace(0, std::move(bytes)); }

  /// Of the client's stream: all before it was dealt with.
  ClientOffset read() const { return read_; }
  /// Behind the last byte that may be sent.
  ReplayOffset written() const { return written_; }
  /// Of the client's stream: of what stands behind it nothing was written so far.
  ClientOffset told() const { return told_; }

  /// All of the client's bytes before that are told, or left out, when the replay has got to `at`.
  /// Those for which others stand count when the last of these is reached.
  /// Of what was released it is the end.
  ClientOffset to_client(ReplayOffset at) const;
  /// The same for how far a target has heard its client that may answer before it has heard all:
  /// behind a byte of a message of which it has heard a part.
  ClientOffset heard(ReplayOffset at) const;
  /// Where the client's byte at `at` stands, or what stands for it begins; behind all that was
  /// written when it was not dealt with. REQUIRES: it was not released.
  ReplayOffset to_replay(ClientOffset at) const;

  /// As ClientStream::gather(): the pieces of memory that hold [at, at + length).
  /// @param client where kept bytes lie.
  ClientStream::Gathered gather(const ClientStream& client, ReplayOffset at, std::uint32_t length,
                                std::span<Bytes> pieces) const;

  /// Forgets what stands before `at`, which the target has acknowledged.
  void release_to(ReplayOffset at);

  std::size_t memory() const { return memory_; }
  std::size_t runs() const { return runs_.size(); }

  /// What was written in place of the client's bytes, and how many of them were not sent.
  struct Counts {
    std::uint64_t inserted = 0;  ///< bytes
    std::uint64_t left_out = 0;  ///< bytes
  };
  /// Since the last call.
  Counts take_counts();

 private:
  struct Run {
    ClientOffset from;
    ReplayOffset to;
    std::int64_t read = 0;     // bytes of the client
    std::int64_t written = 0;  // bytes that are sent
    bool kept = false;         // they are the client's
    std::vector<std::byte> bytes;

    ClientOffset read_end() const { return from + read; }
    ReplayOffset written_end() const { return to + written; }
  };
  using Place = std::deque<Run>::const_iterator;

  Place first_ending_behind(ReplayOffset at) const;
  void add(Run run);

  std::deque<Run> runs_;
  ClientOffset read_;
  ReplayOffset written_;
  ClientOffset told_;
  ReplayOffset released_;
  std::size_t memory_ = 0;
  Counts counts_;
};

}  // namespace tcpcopy::session
