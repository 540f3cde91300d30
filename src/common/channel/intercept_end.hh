// SPDX-License-Identifier: BSD-3-Clause
// intercept's end of a link, without its socket: bytes and time in, messages and bytes out. Who has
// the socket reads and writes, in this order:
//
//   on_bytes() for what came; add() for each response; while the socket takes it, write unsent(),
//   and on_sent(); then settle(), before anything is added. on_deadline() at next_deadline(), or
//   later.
//
// Once over() says why, the link is to be closed, and nothing else may be called.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/functional/function_ref.h"
#include "common/channel/link_end.hh"
#include "common/channel/outgoing_queue.hh"
#include "common/wire/codec_v6.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::channel {

class InterceptEnd {
 public:
  /// A link must have said its version, or finished the message that it began, within this time.
  static constexpr Duration kMessageTime = std::chrono::seconds(10);
  /// A tcpcopy that reads nothing for so long will not read again.
  static constexpr Duration kStallTime = std::chrono::seconds(60);

  /// @param max_records in a frame; 0: as many as the mode allows.
  InterceptEnd(wire::FrameMode mode, std::size_t max_records, Instant now);

  using OnMessage = absl::FunctionRef<void(const wire::Message&)>;
  /// @param bytes from the link: hostile.
  /// @param on_message called for each message that is complete by now, Hello excepted.
  void on_bytes(Bytes bytes, Instant now, OnMessage on_message);

  /// A response for tcpcopy; its bytes are copied.
  void add(const wire::CapturedHeaders& response) { codec_.encode(response); }

  /// What is to be written next; empty when nothing is.
  Bytes unsent() const;
  /// @param size of unsent(), bytes, that were written.
  void on_sent(std::size_t size, Instant now);
  /// The socket takes no more for now: what is left waits.
  /// @param max_queued what may wait, bytes; the oldest responses above it are dropped.
  void settle(Instant now, std::size_t max_queued);

  void on_deadline(Instant now);
  /// When on_deadline() would end the link.
  Instant next_deadline() const;

  /// Why the link has to be closed; nothing while it is well.
  const MaybeEnd& over() const { return over_; }

  /// It has said who it is.
  bool greeted() const { return greeted_; }
  /// The version that it named; 0 when it named none. REQUIRES: greeted().
  std::uint16_t version() const { return version_; }

  /// Something waits for tcpcopy to read.
  bool waiting() const { return !queue_.empty(); }
  const OutgoingQueue& queue() const { return queue_; }

 private:
  wire::InterceptCodecV6 codec_;
  OutgoingQueue queue_;
  std::size_t fresh_sent_ = 0;  // of what the codec holds, bytes
  Instant progress_at_;         // when tcpcopy last took something
  Instant message_due_;
  MaybeEnd over_;
  std::uint16_t version_ = 0;
  bool greeted_ = false;
  bool mid_message_ = false;
};

}  // namespace tcpcopy::channel
