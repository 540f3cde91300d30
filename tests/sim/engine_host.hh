// SPDX-License-Identifier: BSD-3-Clause
// The host of a tcpcopy: the engine with its ports and its wake-ups, and the oracles of what leaves
// it and comes to it, of the memory that it holds and of the steps that it takes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "tcpcopy/ports.hh"
#include "tcpcopy/session/engine.hh"
#include "tests/sim/channel.hh"
#include "tests/sim/garbling.hh"
#include "tests/sim/path.hh"
#include "tests/sim/stage.hh"

namespace tcpcopy::sim {

/// What the oracle of acknowledgments asks of the target.
class HeardFrom {
 public:
  struct Connection {
    std::uint32_t number;      ///< of those that there were on these ports
    std::uint32_t sent_up_to;  ///< the end of what it has sent
    bool closed;
  };

  virtual ~HeardFrom() = default;
  /// @param flow the connection as the target sees it.
  virtual std::optional<Connection> connection(const FlowKey& flow) const = 0;
};

class EngineHost : public Channel::EngineEnd, private PacketSink, private RouteSink {
 public:
  EngineHost(Stage& stage, Path& to_target, Channel& channel, const HeardFrom& target);

  /// A packet of a client was captured, or what looks like one.
  void on_captured(const Packet& packet);

  // What the channel does.
  void wake_up(const std::function<void()>& input) override;
  void on_response(const Response& response) override;
  void on_restored() override;

  const session::Ledger& ledger() const { return engine_.ledger(); }
  /// Of all that it sent.
  std::uint64_t fingerprint() const { return fingerprint_; }
  /// When its last session ended, if it had any, and has none now.
  Instant sessions_gone_at() const { return sessions_gone_at_; }

  /// Nothing may be left.
  void check_end();

 private:
  void send(const ReplaySegment& segment, std::span<const Bytes> payload) override;
  bool announce(const FlowKey& flow) override;
  void schedule();
  void note_sent(const Packet& packet);
  void check_is_own(const Response& response);
  void check_sent(const ReplaySegment& segment);
  void check_ack(const FlowKey& flow, std::uint32_t ack);
  session::TargetModules modules();
  void check_held();
  void check_steps();

  struct LastAck {
    std::uint32_t connection;
    std::uint32_t ack;
  };

  Stage& stage_;
  Path& to_target_;
  Channel& channel_;
  const HeardFrom& target_;
  Garbling garbling_;
  Garbling greeted_garbling_;
  session::Engine engine_;
  Instant wake_up_at_ = kNever;
  std::uint64_t timer_wake_ups_ = 0;
  Instant sessions_gone_at_ = kNever;
  std::map<FlowKey, LastAck> last_acks_;
  std::set<FlowKey> announced_;
  std::uint64_t fingerprint_ = 1469598103934665603ULL;  // FNV-1a, over 64 bits at a time
};

}  // namespace tcpcopy::sim
