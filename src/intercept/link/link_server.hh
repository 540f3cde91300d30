// SPDX-License-Identifier: BSD-3-Clause
// All links of an intercept: accepts those that may come, gives their messages to the router and
// takes the router's responses for them.
//
// The port is open to anybody, so what one peer can take is bounded: links in all and from one
// address, time to say who it is, bytes that wait for it. A peer that has not said who it is makes
// room for one that comes.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/net/network.hh"
#include "common/runtime/event_loop.hh"
#include "common/runtime/log.hh"
#include "intercept/link/tcpcopy_link.hh"
#include "intercept/route/router.hh"

namespace tcpcopy::link {

struct LinkServerCounters {
  std::uint64_t accepted = 0;
  std::array<std::uint64_t, channel::kEndReasons>
      ended{};                          ///< by reason, those that were refused included
  std::uint64_t questions = 0;          ///< that were answered
  std::uint64_t questions_refused = 0;  ///< too many, or over a link without a key
  std::uint64_t dropped_slow = 0;    ///< responses that links which are closed by now read too late
  std::uint64_t dropped_closed = 0;  ///< responses that waited for a link when it was closed
};

class LinkServer : public route::MessageSink {
 public:
  static constexpr std::size_t kMaxLinks = 1024;
  static constexpr std::size_t kMaxLinksPerAddress = 128;
  /// What may wait for all slow readers together, bytes: each has an equal part of it, and at most
  /// TcpcopyLink::kMaxQueued.
  static constexpr std::size_t kMaxQueued = 128U << 20U;
  /// Questions that are answered in a second, of all links.
  static constexpr unsigned kMaxQuestions = 100;

  struct Settings {
    Endpoint listen;
    channel::InterceptEnd::Settings end{};
    std::vector<net::Network> allow{};  ///< who may connect; empty: anybody
    std::vector<keys::Key> keys{};      ///< that tcpcopies have; empty: they need none
    bool allow_plain = false;           ///< with keys: one without is taken as well
  };
  struct Events {
    std::function<void(route::LinkId, const wire::AddRoute&)> on_route;
    /// A link that said who it is; all others are strangers.
    std::function<void(route::LinkId)> on_greeted;
    std::function<void(route::LinkId)> on_closed;
    /// A link of version 7 has said what it wants.
    std::function<void(route::LinkId, const channel::InterceptEnd::Wishes&)> on_wishes{};
    /// @return the answer, for who may ask.
    std::function<wire::Tell(const wire::Ask&)> on_ask{};
    /// Asked about once a second, for tcpcopies to know.
    std::function<wire::Seen()> seen{};
  };

  /// Listens. Throws UsageError when that cannot be.
  LinkServer(runtime::EventLoop& loop, const Settings& settings, Events events);

  void deliver(route::LinkId link, const wire::CapturedHeaders& response) override;

  /// Writes what was delivered since the last time: at the end of every wake-up.
  void flush();

  /// Takes other keys: links whose key is none of them are closed.
  void set_keys(std::vector<keys::Key> keys);

  /// Takes links of others: those whose address may have none any more are closed.
  /// @param allow empty: anybody.
  void set_allowed(std::vector<net::Network> allow);

  /// Closes a link for a reason that the caller knows. on_closed() is called.
  void close(route::LinkId id, const channel::LinkEnd& end);

  std::size_t links() const { return links_.size(); }
  /// Called as visit(route::LinkId, const TcpcopyLink&) for every link.
  template <typename Visit>
  void visit(Visit&& visit) const {
    for (const auto& [id, of_id] : links_)
      visit(id, *of_id.link);
  }
  /// Null when there is no such link.
  const TcpcopyLink* find(route::LinkId id) const { return find_link(id); }
  const LinkServerCounters& counters() const { return counters_; }
  /// The port that is listened on, which matters when the settings said 0.
  int listener() const { return listener_.get(); }

 private:
  struct Link {
    std::unique_ptr<TcpcopyLink> link;
    runtime::Watch watch;  // of its socket
    bool waits = false;    // something is queued
  };

  void accept_links();
  bool allows(const Address& address) const;
  channel::MaybeEnd admit(const Endpoint& peer);
  void make_room(const Endpoint& peer, bool of_address);
  void on_ready(route::LinkId id, std::uint32_t events);
  void on_greeted(route::LinkId id);
  void on_ask(TcpcopyLink& link, const wire::Ask& ask);
  void flush_link(route::LinkId id);
  void flush_later(route::LinkId id);
  void on_tick();
  void count_end(const Endpoint& peer, const channel::LinkEnd& end);
  TcpcopyLink* find_link(route::LinkId id) const;

  runtime::EventLoop& loop_;
  Settings settings_;
  Events events_;
  runtime::UniqueFd listener_;
  runtime::Watch listener_watch_;
  runtime::Timer tick_;
  std::unordered_map<route::LinkId, Link> links_;
  std::vector<route::LinkId> unflushed_;
  std::size_t waiting_ = 0;  // links that have something queued
  route::LinkId next_id_ = 1;
  bool accepting_ = true;
  unsigned questions_ = 0;  // in this second
  LinkServerCounters counters_;
  std::array<runtime::LogThrottle, channel::kEndReasons> end_logs_;
  runtime::LogThrottle accept_log_;
  runtime::LogThrottle version_log_;
};

}  // namespace tcpcopy::link
