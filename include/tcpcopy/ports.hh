// SPDX-License-Identifier: BSD-3-Clause
// The ports between rooms: what the pure cores call to get something out. The system side stands
// behind them in the daemons; tests and the simulator stand behind them elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tcpcopy/address.hh"
#include "tcpcopy/datagram.hh"
#include "tcpcopy/segment.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy {

/// Where the packets of clients go that a rule wants. Behind it: session::Replay.
class ClientSink {
 public:
  virtual ~ClientSink() = default;

  /// @param target where the rules send it; it outlives the sink.
  virtual void on_segment(const ClientSegment& segment, const Endpoint& target, Instant now) = 0;
  virtual void on_datagram(const Datagram& datagram, const Endpoint& target, Instant now) = 0;
};

/// Where the target's responses go. Behind it: session::Replay.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;

  virtual void on_response(const Response& response, Instant now) = 0;
};

/// How it stands with the sessions.
struct Standing {
  std::size_t sessions = 0;
  std::size_t unfinished = 0;  ///< of these: something is to be done without a packet of the client
  std::size_t waiting = 0;     ///< of these: the next step waits for a response
  std::uint64_t held = 0;      ///< bytes of clients that the target has not acknowledged
  std::uint64_t delivered = 0;    ///< and those that it has
  std::uint64_t syns = 0;         ///< sent so far
  std::uint64_t connections = 0;  ///< established so far
  std::uint64_t sent = 0;         ///< bytes of clients, so far
  std::uint64_t packets = 0;      ///< sent so far, of any kind
  std::uint64_t resets = 0;       ///< connections that the target has reset, so far
};

/// Where segments for the target go. Behind it: src/tcpcopy/inject.
class PacketSink {
 public:
  virtual ~PacketSink() = default;

  /// Takes one segment; the implementation may send it later, in order, within the same wake-up.
  /// @param segment addresses, numbers, options; its own `payload` is empty.
  /// @param payload the pieces that make up the payload, segment.payload_length bytes in all.
  virtual void send(const ReplaySegment& segment, std::span<const Bytes> payload) = 0;
};

/// Where sessions announce which responses they want. Behind it: src/tcpcopy/returns.
class RouteSink {
 public:
  virtual ~RouteSink() = default;

  /// Announces a session to the intercepts.
  /// @param flow the connection as the target sees it.
  /// @return whether at least one intercept is connected, so that responses can arrive.
  virtual bool announce(const FlowKey& flow) = 0;
};

/// What was announced leaves when it is told to: before the packets whose answers need it.
class Announcer {
 public:
  virtual ~Announcer() = default;

  /// Sends the announcements of this wake-up so far.
  virtual void flush() = 0;
};

}  // namespace tcpcopy
