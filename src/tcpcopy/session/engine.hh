// SPDX-License-Identifier: BSD-3-Clause
// The replay engine: all sessions, driven by what was captured, by responses and by time.
//
// It makes no system call and reads no clock. Each input brings the time of the wake-up; what has
// to leave goes to the ports before the call returns. The same inputs give the same packets.
#pragma once

#include <absl/hash/hash.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/container/recent_set.hh"
#include "tcpcopy/ports.hh"
#include "tcpcopy/rules.hh"
#include "tcpcopy/session/context.hh"
#include "tcpcopy/session/replay.hh"
#include "tcpcopy/session/replay/target_habits.hh"
#include "tcpcopy/session/sampling.hh"
#include "tcpcopy/session/session_table.hh"
#include "tcpcopy/session/settings.hh"
#include "tcpcopy/session/source_addresses.hh"
#include "tcpcopy/session/timing_wheel.hh"

namespace tcpcopy::session {

/// The modules of the targets that have one.
using TargetModules = std::vector<std::pair<Endpoint, Module*>>;

class Engine final : public Replay {
 public:
  /// Where what leaves goes: announcements in front of the packets that need them. Both outlive it.
  struct Ports {
    PacketSink& packets;
    RouteSink& routes;
  };

  /// @param start the time of the first input, or before.
  /// @param modules of targets whose clients are rewritten; they outlive the engine.
  Engine(const Settings& settings, TargetRules rules, SourceAddresses addresses, Instant start,
         const Ports& ports, const TargetModules& modules = {});

  /// A captured packet of a client. Those that no rule wants are ignored.
  void on_segment(const ClientSegment& segment, Instant now);
  /// The same when the rule has been found: it sends the packet to this target.
  void on_segment(const ClientSegment& segment, const Endpoint& target, Instant now) override;
  void on_datagram(const Datagram&, const Endpoint&, Instant) override {}

  /// A packet of the target.
  void on_response(const Response& response, Instant now) override;

  /// Acks that found no data to ride on leave here.
  void on_deadline(Instant now) override;
  Instant next_deadline() const override { return table_.walking() ? Instant() : wheel_.next(); }

  // What is done with every session. When they are many, the rest of them have their turn in the
  // next calls of on_deadline().

  /// Every session is announced, and what waits goes on.
  void on_path_restored(Instant now) override;

  /// What is held goes on to be sent. A session with holes in its stream comes to its end one hole
  /// at a time.
  void drain(Instant now) override;
  Duration drain_time() const override;

  /// Ends every session; connections that are open are reset.
  void shut_down(Instant now) override;

  /// Connections that are open follow when it is shorter.
  void set_mtu(std::uint16_t mtu) override { settings_.mtu = mtu; }

  /// In place of Settings::percent: of connections that begin from now on.
  void set_percent(std::uint8_t percent) override { sampling_.set_percent(percent); }
  void observe(SessionObserver* observer) override { observer_ = observer; }

  /// In place of Settings::max_memory.
  void set_max_memory(std::uint64_t bytes) override { settings_.max_memory = bytes; }

  /// The process has grown over its limit with what the engine does not see.
  std::size_t shed(std::uint64_t bytes, Instant now) override;

  std::optional<FlowKey> captured_flow(const FlowKey& target) const override;

  Standing standing() const override;
  std::optional<FlowKey> newest_connection() const override;
  void report(Report& to) const override;

  std::size_t sessions() const { return table_.size(); }
  /// Bytes that the sessions take, and what they hold.
  std::uint64_t held_memory() const { return held_memory_; }
  std::uint64_t memory_use() const override {
    return held_memory_ + table_.size() * kSessionMemory;
  }
  std::size_t timers() const { return wheel_.size(); }
  const Ledger& ledger() const { return ledger_; }

 private:
  void take(const ClientSegment& segment, const SourceKey& source, const Endpoint& target,
            const Context& ctx);
  void take_unowned(const ClientSegment& segment, const SourceKey& source, const Endpoint& target,
                    const Context& ctx);
  void open_session(const ClientSegment& first, const SourceKey& source, const Endpoint& target,
                    const Context& ctx);
  std::optional<net::Ipv4Flow> free_target_flow(const SourceKey& source, const Endpoint& target,
                                                const Context& ctx);
  bool take_rival(SessionNode& session, const ClientSegment& segment, const SourceKey& source,
                  const Endpoint& target, const Context& ctx);
  void replace(SessionNode& session, const Context& ctx);
  // What is known of a target.
  struct Target {
    Endpoint endpoint;
    TargetHabits habits;
    Module* module = nullptr;
  };
  Target& known(const Endpoint& target);
  void count_unopened(LossReason reason, const SourceKey& source, const Endpoint& target);
  void capture_and_lose(LossReason reason, const ClientSegment& segment);
  void visit_some(const Context& ctx);
  void shed_over_limit(const Context& ctx);
  void shed_one(const Context& ctx);
  void end_an_idle_one(const Context& ctx);
  void refuse_stray(const Response& response, const Context& ctx);
  // Gives a session an input and does what every input ends with.
  template <typename Input>
  void drive(SessionNode& session, const Context& ctx, Input input) {
    const std::uint64_t held_before = session.held_memory();
    input();
    settle(session, held_before, ctx);
  }
  void settle(SessionNode& session, std::uint64_t held_before, const Context& ctx);
  Context context(Instant now) {
    return {settings_, ports_.packets, ports_.routes, ledger_, now, observer_};
  }

  // What is remembered of a connection that has ended.
  template <typename Key>
  static std::uint64_t fingerprint(const Key& key) {
    return absl::Hash<Key>()(key);
  }

  // What every session is visited for.
  struct Visit {
    bool announces = false;
    bool drains = false;
    bool ends = false;
  };

  // A session with its places in the two indexes, and what the allocator adds.
  static constexpr std::uint64_t kSessionMemory = sizeof(SessionNode) + 64;

  Settings settings_;
  Ports ports_;
  TargetRules rules_;
  SourceAddresses addresses_;
  Sampling sampling_;
  Ledger ledger_;
  SessionObserver* observer_ = nullptr;
  SessionTable table_;
  Visit visit_;  // the walk through the table that is under way
  TimingWheel wheel_;
  // Connections that ended a moment ago. Their stragglers (a retransmission, the last ack) must not
  // be taken for connections to be joined in the middle, or a request would be replayed twice.
  // What is kept is the key's hash: it takes a fraction of the room. The same for what targets knew
  // their sessions by: what comes for these is still ours to reset.
  container::RecentSet ended_;
  container::RecentSet
      given_up_;                 // connections whose sessions were given up: not to be joined again
  std::vector<Target> targets_;  // never grows
  std::uint64_t held_memory_ = 0;  // of all sessions
  std::size_t unfinished_ = 0;     // sessions with something to do without their client
  std::size_t waiting_ = 0;        // sessions whose next step waits for a response
  bool shedding_ = false;
};

}  // namespace tcpcopy::session
