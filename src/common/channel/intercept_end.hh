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
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/channel/link_end.hh"
#include "common/channel/liveness.hh"
#include "common/channel/outgoing_queue.hh"
#include "common/wire/codec_v6.hh"
#include "common/wire/codec_v7.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::channel {

class InterceptEnd {
 public:
  /// A link must have said its version, or finished the message that it began, within this time.
  static constexpr Duration kMessageTime = std::chrono::seconds(10);
  /// A tcpcopy that reads nothing for so long will not read again.
  static constexpr Duration kStallTime = std::chrono::seconds(60);

  struct Settings {
    wire::FrameMode mode{};       ///< in version 6
    std::size_t max_records = 0;  ///< in a frame; 0: as many as the mode allows
    std::uint16_t payload = 0;    ///< of each response, bytes that there are at most
    std::string about{};          ///< where is captured, and what, in words
  };
  InterceptEnd(const Settings& settings, Instant now);

  using OnMessage = absl::FunctionRef<void(const wire::Message&)>;
  /// @param bytes from the link: hostile.
  /// @param on_message called for each AddRoute, DeleteRoute and Ask that is complete by now. It
  ///   may add() and tell().
  void on_bytes(Bytes bytes, Instant now, OnMessage on_message);

  /// A response for tcpcopy; its bytes are copied.
  void add(const wire::CapturedHeaders& response);

  /// The answer to an Ask, which came over this link.
  void tell(const wire::Tell& tell, Instant now);

  /// What is to be written next; empty when nothing is.
  Bytes unsent() const;
  /// @param size of unsent(), bytes, that were written.
  void on_sent(std::size_t size, Instant now);
  /// The socket takes no more for now: what is left waits.
  /// @param max_queued what may wait, bytes; the oldest responses above it are dropped.
  void settle(Instant now, std::size_t max_queued);

  /// Says what is due, or that the link is over.
  void on_deadline(Instant now);
  Instant next_deadline() const;
  /// What intercept has seen, for tcpcopy to know.
  void set_seen(const wire::Seen& seen) { liveness_.set_seen(seen); }

  /// Why the link has to be closed; nothing while it is well.
  const MaybeEnd& over() const { return over_; }

  /// It has said who it is.
  bool greeted() const { return greeted_; }
  /// The version that it speaks by now; 0 when it named none. REQUIRES: greeted().
  std::uint16_t version() const { return version_; }

  /// It offered version 7, so it will say what it wants.
  bool offered() const { return answered_; }
  /// What it said in version 7; nothing before.
  struct Wishes {
    bool single = false;  ///< it announces nothing, and wants what nobody else has announced
  };
  const std::optional<Wishes>& wishes() const { return wishes_; }

  /// Something waits for tcpcopy to read.
  bool waiting() const { return !queue_.empty(); }
  const OutgoingQueue& queue() const { return queue_; }
  const Liveness& liveness() const { return liveness_; }

 private:
  void take(const wire::Message& message, Instant now, OnMessage on_message);
  void on_version(std::uint16_t version, Instant now);
  void on_offer(Instant now);
  template <typename Message>
  void say(const Message& message, Instant now);
  void end(EndReason reason, std::string detail) { over_ = {reason, std::move(detail)}; }
  Bytes fresh() const { return answered_ ? Bytes(fresh_) : version_6_.encoded(); }
  std::size_t fresh_records() const { return answered_ ? fresh_records_ : version_6_.records(); }
  void clear_fresh();

  std::uint16_t max_payload_;
  std::uint16_t payload_ = 0;  // what it wants of it
  std::string about_;
  wire::InterceptCodecV6 version_6_;
  wire::DecoderV7 version_7_;
  std::vector<std::byte> fresh_;  // messages of version 7 since the last settle()
  std::size_t fresh_records_ = 0;
  OutgoingQueue queue_;
  Liveness liveness_;
  std::size_t fresh_sent_ = 0;  // bytes
  Instant progress_at_;         // when tcpcopy last took something
  Instant message_due_;
  MaybeEnd over_;
  std::optional<Wishes> wishes_;
  std::uint16_t version_ = 0;
  bool greeted_ = false;
  bool answered_ = false;  // it offered version 7, which is spoken to it from there on
  bool agreed_ = false;    // and it speaks that as well
  bool mid_message_ = false;
};

}  // namespace tcpcopy::channel
