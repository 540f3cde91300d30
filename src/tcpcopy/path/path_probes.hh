// SPDX-License-Identifier: BSD-3-Clause
// Follows the path to each target and back with a few marked packets, beside whatever else this
// process does: for --check, and for a replay of which nothing comes. Probes leave and come back
// the way of the replay. They carry no byte, and what they open they close.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "common/findings/finding.hh"
#include "common/runtime/event_loop.hh"
#include "tcpcopy/inject/injector.hh"
#include "tcpcopy/options/options.hh"
#include "tcpcopy/path/connect_probe.hh"
#include "tcpcopy/path/leaving_watch.hh"
#include "tcpcopy/path/pool_check.hh"
#include "tcpcopy/ports.hh"
#include "tcpcopy/probe/diagnosis.hh"
#include "tcpcopy/probe/syn_probe.hh"
#include "tcpcopy/returns/returns.hh"

namespace tcpcopy::path {

class PathProbes {
 public:
  static constexpr std::size_t kMostTargets = 8;

  /// The ways of the replay.
  struct Ways {
    PacketSink& packets;
    returns::Returns& returns;
    const inject::Injector& injector;
  };
  struct Plan {
    Address client;              ///< the address that stands for a client's
    Duration wait_for_links{0};  ///< so long SYNs wait for a link to an intercept
    /// Whether a session has this connection to the target.
    std::function<bool(const FlowKey&)> taken = [](const FlowKey&) { return false; };
  };

  /// Begins. Each probe ends by itself, all in less than 10 s.
  /// @param loop, options, ways outlive it.
  PathProbes(runtime::EventLoop& loop, const options::Options& options, const Ways& ways,
             const Plan& plan);

  /// @return whether it was the answer to a probe.
  bool take(const Response& response, Instant now);

  /// To be called at the end of every wake-up, and of one at deadline().
  void advance();
  Instant deadline() const;
  bool done() const;

  /// What was found, in the packet's order.
  void report(findings::Report& to) const;

  /// The address that stands for the clients': the last one of -c; without -c, where they keep
  /// their own, one of a network that is for tests.
  static Address some_client(const options::Options& options);

 private:
  static constexpr Duration kAskPeriod = std::chrono::milliseconds(250);

  // The probes of one target.
  struct Target {
    Endpoint endpoint;
    std::unique_ptr<ConnectProbe> normal;
    std::optional<probe::SynProbe> client;
    std::optional<probe::SynProbe> intercept;  // from its own address
    std::unique_ptr<LeavingWatch> leaving;
  };

  template <typename Targets, typename Action>
  static void each_probe(Targets& targets, Action action);
  void add_target(const Endpoint& endpoint);
  FlowKey flow(const Address& source, const Endpoint& target);
  Seq<space::Replay> draw_number() { return Seq<space::Replay>(random_()); }
  bool waits_for_links() const;
  void ask();
  std::optional<probe::Sight> sight_of(const probe::SynProbe& probe) const;
  void say_what_was_assumed(findings::Report& to) const;
  probe::Way way_of(const Target& target) const;

  runtime::EventLoop& loop_;
  const options::Options& options_;
  Ways ways_;
  Plan plan_;
  std::random_device random_;
  Instant began_at_;
  Instant ask_at_;  // next; at once
  PoolQuestion pool_;
  std::vector<std::unique_ptr<ConnectProbe>> intercepts_;
  std::deque<Target> targets_;
};

}  // namespace tcpcopy::path
