// SPDX-License-Identifier: BSD-3-Clause
// One marked SYN towards a target, and what becomes of it. The token is the initial number: a
// SYN-ACK acknowledges it, so what comes back proves that just this SYN arrived, with any
// intercept. No payload is ever sent, and what was opened is closed with RST.
#pragma once

#include <cstdint>
#include <optional>

#include "tcpcopy/ports.hh"
#include "tcpcopy/segment.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::probe {

class SynProbe {
 public:
  static constexpr int kTries = 3;
  static constexpr Duration kPause = std::chrono::seconds(1);  ///< between tries
  static constexpr Duration kSettle = std::chrono::milliseconds(500);

  /// What has come back.
  enum class Answer : std::uint8_t { kNone, kSynAck, kReset };

  struct Result {
    Answer answer = Answer::kNone;
    Duration took{0};                      ///< from the SYN to its answer
    std::optional<Address> left_as;        ///< what the SYN's source was as it left this host
    bool reset_when_acknowledged = false;  ///< somebody else has ended the connection
  };

  /// @param flow the connection as the target sees it.
  /// @param iss its initial number, which nobody can guess.
  /// @param acknowledges completes the handshake some time later, to see whether it holds.
  SynProbe(const FlowKey& flow, Seq<space::Replay> iss, bool acknowledges)
      : flow_(flow), iss_(iss), acknowledges_(acknowledges) {}

  /// Sends what is due, announced first. To be called at deadline() and behind every response.
  void advance(Instant now, PacketSink& packets, RouteSink& routes);
  Instant deadline() const { return due_; }
  bool done() const { return step_ == Step::kDone; }

  /// Takes a packet of the target.
  /// @return whether it is of this connection.
  bool on_response(const Response& response, Instant now);
  /// Takes a packet that leaves this host for the target.
  /// @param source, seq as they stand in it.
  void on_leaving(const Address& source, Seq<space::Replay> seq);

  const FlowKey& flow() const { return flow_; }
  const Result& result() const { return result_; }

 private:
  enum class Step : std::uint8_t { kAsking, kAnswered, kAcknowledged, kDone };

  void take(const Response& response, Instant now);
  void send(PacketSink& packets, std::uint8_t flags, std::uint32_t after, bool acknowledges) const;

  FlowKey flow_;
  Seq<space::Replay> iss_;
  Seq<space::Target> their_next_;
  Step step_ = Step::kAsking;
  int tries_ = 0;
  bool acknowledges_;
  Instant due_;  // at once
  Instant sent_at_;
  Result result_;
};

}  // namespace tcpcopy::probe
