// SPDX-License-Identifier: BSD-3-Clause
// One link of a tcpcopy: reads its messages, writes its responses, never blocks.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "common/runtime/unique_fd.hh"
#include "common/wire/frame.hh"
#include "common/wire/route_message.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::link {

class TcpcopyLink {
 public:
  /// What a reader that is too slow may leave unread before it loses its oldest responses, bytes.
  static constexpr std::size_t kMaxQueued = 8U << 20U;
  /// A link must have said its version, or finished the message that it began, within this time.
  static constexpr Duration kMessageTime = std::chrono::seconds(10);

  TcpcopyLink(runtime::UniqueFd fd, const Endpoint& peer, wire::FrameMode mode,
              std::size_t max_records, Instant now);

  using OnMessage = std::function<void(const wire::RouteMessage&)>;
  /// Reads what has come and hands whole messages on, the version excepted.
  /// @return why the link has to be closed; empty when it goes on.
  std::string read(Instant now, const OnMessage& on_message);

  /// Why the link has to be closed for its silence; empty when it goes on.
  std::string overdue(Instant now) const;

  void add(const net::TcpPacket& response) { frames_.add(response); }
  void add_record(Bytes record) { frames_.add(record); }

  /// Writes what was added, as far as the peer takes it.
  /// @return why the link has to be closed; empty when it goes on.
  std::string flush();
  /// Something waits for the peer to read.
  bool waiting() const { return !queue_.empty(); }

  int fd() const { return fd_.get(); }
  const Endpoint& peer() const { return peer_; }
  std::uint64_t dropped_bytes() const { return dropped_bytes_; }
  std::size_t queued_bytes() const { return queued_bytes_; }

 private:
  std::string take(Bytes bytes, Instant now, const OnMessage& on_message);
  std::string judge_first(const wire::RouteMessage& message) const;
  std::string write_queue();
  void enqueue(Bytes bytes);

  runtime::UniqueFd fd_;
  Endpoint peer_;
  wire::RouteMessageDecoder decoder_;
  wire::FrameEncoder frames_;
  std::deque<std::vector<std::byte>> queue_;  // blocks of whole frames
  std::size_t front_sent_ = 0;                // bytes of the front block
  std::size_t queued_bytes_ = 0;
  std::uint64_t dropped_bytes_ = 0;
  Instant message_due_;
  bool greeted_ = false;
  bool mid_message_ = false;
};

}  // namespace tcpcopy::link
