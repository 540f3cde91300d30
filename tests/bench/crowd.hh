// SPDX-License-Identifier: BSD-3-Clause
// A crowd of clients and their target around one engine, in virtual time, for measurements: it
// makes the packets that the engine is given, and counts those that leave.
//
// It keeps nothing for a client: what each sends follows from its number and from positions in its
// stream, so that a million clients cost the crowd no memory and hardly any time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tcpcopy/ports.hh"
#include "tcpcopy/session/engine.hh"

namespace tcpcopy::bench {

class Crowd : public PacketSink, public RouteSink {
 public:
  static constexpr std::uint32_t kMss = 1448;  ///< bytes of payload: Ethernet, with timestamps

  Crowd();

  /// Positions of a packet, as in relative numbers: 0 is the SYN, 1 the first byte.
  struct At {
    std::uint32_t seq = 0;
    std::uint32_t ack = 0;
  };
  /// A captured packet of a client. @param length bytes of payload, at most kMss.
  void client(std::size_t id, std::uint8_t flags, At at, std::uint32_t length = 0);
  /// A packet of the target.
  void target(std::size_t id, std::uint8_t flags, At at, std::uint32_t length = 0);

  /// What every wake-up ends with.
  void end_wake_up() { engine_.on_deadline(now_); }
  void pass(Duration duration) { now_ += duration; }

  /// Opens the connections of clients 0 to count - 1, all handshakes whole.
  void open(std::size_t count);

  const session::Engine& engine() const { return engine_; }
  std::uint64_t packets_in() const { return packets_in_; }
  std::uint64_t packets_out() const { return packets_out_; }
  /// Why the replay is not what it should be: no measurement then. Null when it is.
  const char* fault() const;

  void send(const ReplaySegment&, std::span<const Bytes>) override { ++packets_out_; }
  bool announce(const FlowKey&) override { return true; }

 private:
  Instant now_{std::chrono::seconds(1000)};
  session::Engine engine_;
  ClientSegment segment_;
  Response response_;
  std::array<std::byte, kMss> payload_{};
  std::uint64_t packets_in_ = 0;
  std::uint64_t packets_out_ = 0;
};

}  // namespace tcpcopy::bench
