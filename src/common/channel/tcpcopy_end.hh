// SPDX-License-Identifier: BSD-3-Clause
// tcpcopy's end of a link, without its socket: bytes and time in, responses and bytes out. Who has
// the socket reads and writes: on_bytes() for what came; while the socket takes it, unsent() and
// on_sent(). One end for each connection.
//
// Once over() says why, the link is to be closed, and nothing else may be called.
#pragma once

#include <cstddef>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/channel/link_end.hh"
#include "common/net/packet_parser.hh"
#include "common/wire/codec_v6.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::channel {

class TcpcopyEnd {
 public:
  /// All sessions that there can be, registered anew at one moment, have room in this: bytes.
  static constexpr std::size_t kMaxUnsent = 32U << 20U;

  /// The link is connected: its Hello is the first of what is unsent.
  explicit TcpcopyEnd(wire::FrameMode mode);

  using OnResponse = absl::FunctionRef<void(const net::Parsed<Response>&)>;
  /// @param bytes from the link: hostile.
  /// @param on_response called for each record that is complete by now, also for one that holds no
  ///   sane response. What it gets is valid during the call.
  void on_bytes(Bytes bytes, Instant now, OnResponse on_response);

  /// @return false when too much waits for an intercept that does not read: it is not announced.
  bool add_route(const FlowKey& flow);

  /// What is to be written next; empty when nothing is.
  Bytes unsent() const { return Bytes(unsent_).subspan(sent_); }
  /// @param size of unsent(), bytes, that were written.
  void on_sent(std::size_t size, Instant now);

  void on_deadline(Instant /*now*/) {}
  /// When on_deadline() has something to do. Version 6 has nothing that is due.
  Instant next_deadline() const { return kNever; }

  /// Why the link has to be closed; nothing while it is well.
  const MaybeEnd& over() const { return over_; }

 private:
  wire::TcpcopyCodecV6 codec_;
  std::vector<std::byte> unsent_;
  std::size_t sent_ = 0;  // of unsent_, bytes
  MaybeEnd over_;
};

}  // namespace tcpcopy::channel
