// SPDX-License-Identifier: BSD-3-Clause
// One link of a tcpcopy: reads its messages, writes its responses, never blocks.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "common/runtime/unique_fd.hh"
#include "common/wire/frame.hh"
#include "common/wire/route_message.hh"
#include "intercept/link/link_end.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::link {

class TcpcopyLink {
 public:
  /// What a reader that is too slow may leave unread before it loses its oldest responses, bytes.
  static constexpr std::size_t kMaxQueued = 8U << 20U;
  /// A link must have said its version, or finished the message that it began, within this time.
  static constexpr Duration kMessageTime = std::chrono::seconds(10);
  /// A host that answers none of our packets for so long is gone.
  static constexpr Duration kPatience = std::chrono::seconds(6);
  /// A tcpcopy that reads nothing for so long, on a host that is there, will not read again.
  static constexpr Duration kStallTime = std::chrono::seconds(60);

  TcpcopyLink(runtime::UniqueFd fd, const Endpoint& peer, wire::FrameMode mode,
              std::size_t max_records, Instant now);

  using OnMessage = std::function<void(const wire::RouteMessage&)>;
  /// Reads what has come, a bounded part of it, and hands whole messages on, the version excepted.
  /// @return why the link has to be closed.
  MaybeEnd read(Instant now, const OnMessage& on_message);

  /// Why the link has to be closed for its silence. To be called about once a second.
  MaybeEnd overdue(Instant now) const;

  void add(const net::TcpPacket& response) { frames_.add(response); }
  void add_record(Bytes record) { frames_.add(record); }

  /// Writes what was added, as far as the peer takes it.
  /// @param max_queued what may wait for the peer, bytes; what is above it is dropped.
  /// @return why the link has to be closed.
  MaybeEnd flush(Instant now, std::size_t max_queued = kMaxQueued);
  /// Something waits for the peer to read.
  bool waiting() const { return !queue_.empty(); }
  /// It has said who it is.
  bool greeted() const { return greeted_; }
  /// The version that it named; 0 when it named none. REQUIRES: greeted().
  std::uint16_t version() const { return version_; }

  int fd() const { return fd_.get(); }
  const Endpoint& peer() const { return peer_; }
  std::size_t queued_bytes() const { return queued_bytes_; }
  std::uint64_t queued_responses() const;
  std::uint64_t dropped_bytes() const { return dropped_bytes_; }
  std::uint64_t dropped_responses() const { return dropped_responses_; }

 private:
  struct Block {  // of whole frames
    std::vector<std::byte> bytes;
    std::size_t records;
  };

  MaybeEnd take(Bytes bytes, Instant now, const OnMessage& on_message);
  MaybeEnd write_queue(Instant now);
  void enqueue(std::size_t max_queued);

  runtime::UniqueFd fd_;
  Endpoint peer_;
  wire::RouteMessageDecoder decoder_;
  wire::FrameEncoder frames_;
  std::deque<Block> queue_;
  std::size_t front_sent_ = 0;  // bytes of the front block
  std::size_t queued_bytes_ = 0;
  std::uint64_t dropped_bytes_ = 0;
  std::uint64_t dropped_responses_ = 0;
  Instant progress_at_;  // when the peer last took something
  Instant message_due_;
  std::uint16_t version_ = 0;
  bool greeted_ = false;
  bool mid_message_ = false;
};

}  // namespace tcpcopy::link
