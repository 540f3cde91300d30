// SPDX-License-Identifier: BSD-3-Clause
// tcpcopy's end of a link, without its socket: bytes and time in, responses and bytes out. Who has
// the socket reads and writes: on_bytes() for what came; while the socket takes it, unsent() and
// on_sent(); on_deadline() at next_deadline(), or later. One end for each connection.
//
// It begins in version 6 and offers version 7, which is spoken as soon as the intercept answers;
// one of 1.x never does, so nothing waits for that.
//
// Once over() says why, the link is to be closed, and nothing else may be called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/channel/link_end.hh"
#include "common/channel/liveness.hh"
#include "common/net/packet_parser.hh"
#include "common/wire/codec_v6.hh"
#include "common/wire/codec_v7.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::channel {

class TcpcopyEnd {
 public:
  /// All sessions that there can be, announced anew at one moment, have room in this: bytes.
  static constexpr std::size_t kMaxUnsent = 32U << 20U;
  /// An intercept that has not answered the offer of version 7 for so long speaks version 6 alone.
  static constexpr Duration kAnswerTime = std::chrono::seconds(3);
  static constexpr std::size_t kMaxTold = 64;  ///< answers that wait to be taken

  struct Settings {
    wire::FrameMode mode{};     ///< in version 6
    bool single = false;        ///< in version 7: nothing will be announced
    std::uint16_t payload = 0;  ///< in version 7: of each response, bytes that are wanted
  };
  /// The link is connected: its Hello is the first of what is unsent.
  TcpcopyEnd(const Settings& settings, Instant now);

  using OnResponse = absl::FunctionRef<void(const net::Parsed<Response>&)>;
  /// @param bytes from the link: hostile.
  /// @param on_response called for each response that is complete by now, also for one that is not
  ///   sane. What it gets is valid during the call.
  void on_bytes(Bytes bytes, Instant now, OnResponse on_response);

  /// @return false when too much waits for an intercept that does not read: it is not announced.
  bool announce(const FlowKey& flow);

  /// @return false when the intercept does not take questions, or too much waits for it.
  bool ask(const wire::Ask& ask);
  /// What it has told since this was asked last: the first ones, if these are very many.
  std::vector<wire::Tell> take_told() { return std::exchange(told_, {}); }

  /// What is to be written next; empty when nothing is.
  Bytes unsent() const { return Bytes(unsent_).subspan(sent_); }
  /// @param size of unsent(), bytes, that were written.
  void on_sent(std::size_t size, Instant now);

  /// Says what is due, or that the link is over, or that the intercept is an old one.
  void on_deadline(Instant now);
  Instant next_deadline() const;
  /// What tcpcopy has seen, for the intercept to know.
  void set_seen(const wire::Seen& seen) { liveness_.set_seen(seen); }

  /// Why the link has to be closed; nothing while it is well.
  const MaybeEnd& over() const { return over_; }

  /// The version that is spoken: 6, or 7; 0 while the intercept may still answer.
  std::uint16_t version() const { return version_; }
  /// Where the intercept captures, and what, in words. Only printable characters. REQUIRES:
  /// version 7.
  const std::string& about() const { return about_; }
  const Liveness& liveness() const { return liveness_; }

 private:
  void take(const wire::Message& message, Instant now, OnResponse on_response);
  void agree(Instant now);
  void end(EndReason reason, std::string detail) { over_ = {reason, std::move(detail)}; }

  Settings settings_;
  wire::TcpcopyCodecV6 version_6_;
  wire::DecoderV7 version_7_;
  Liveness liveness_;
  std::vector<std::byte> unsent_;
  std::size_t sent_ = 0;  // of unsent_, bytes
  Instant answer_due_;
  MaybeEnd over_;
  std::uint16_t version_ = 0;
  std::string about_;
  std::vector<wire::Tell> told_;
};

}  // namespace tcpcopy::channel
