// SPDX-License-Identifier: BSD-3-Clause
// Version 6 of the control channel, which 1.x speaks: messages to bytes and back, one class for
// each side of a link. What a side says and what it hears are different formats.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/wire/codec_v7.hh"
#include "common/wire/frame.hh"
#include "common/wire/message.hh"
#include "common/wire/route_message.hh"

namespace tcpcopy::wire {

/// tcpcopy's side: says Hello, Offer and AddRoute, hears CapturedHeaders.
class TcpcopyCodecV6 {
 public:
  explicit TcpcopyCodecV6(FrameMode mode) : frames_(mode) {}

  static void encode(const Hello& message, std::vector<std::byte>& to);
  /// A deletion of a route that is none, which 1.x and older builds of version 2 take no notice of.
  static void encode(const Offer& message, std::vector<std::byte>& to);
  /// REQUIRES: both addresses of the flow are IPv4.
  static void encode(const AddRoute& message, std::vector<std::byte>& to);

  /// Takes bytes for at most one message and removes from `from` what it took.
  /// @return a message, whose bytes are valid until the next call or the end of `from`; nothing
  ///   when all bytes were taken before one was complete, or when the link cannot be read.
  std::optional<CapturedHeaders> decode(Bytes& from);

  /// The intercept speaks version 7 from here on: what is left of the bytes is that.
  bool version_7_begins() const { return frames_.bad_count() == kVersion7Begins; }
  /// Why the link cannot be read any more, in words.
  std::optional<std::string> fault() const;

 private:
  FrameDecoder frames_;
};

/// intercept's side: says CapturedHeaders, hears Hello, Offer, AddRoute and DeleteRoute.
class InterceptCodecV6 {
 public:
  /// @param max_records in a frame; at most mode.max_records(), which 0 stands for.
  InterceptCodecV6(FrameMode mode, std::size_t max_records) : frames_(mode, max_records) {}

  void encode(const CapturedHeaders& message) { frames_.add(message); }
  /// What was encoded since the last clear(): whole frames.
  Bytes encoded() const { return frames_.bytes(); }
  std::size_t records() const { return frames_.records(); }
  void clear() { frames_.clear(); }

  /// As TcpcopyCodecV6::decode(). A Hello may come again, with another version.
  std::optional<Message> decode(Bytes& from);
  std::optional<std::string> fault() const;

  /// A message has begun and is not complete.
  bool mid_message() const { return messages_.mid_message(); }

 private:
  RouteMessageDecoder messages_;
  FrameEncoder frames_;
  std::optional<std::uint16_t> unknown_type_;
};

}  // namespace tcpcopy::wire
