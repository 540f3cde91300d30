// SPDX-License-Identifier: BSD-3-Clause
// All links to all intercepts. A session is announced on one link of each intercept, because each
// may capture a part of the responses; the links of an intercept take turns. With --single nothing
// is announced: the intercept knows one tcpcopy only.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "common/wire/frame.hh"
#include "tcpcopy/ports.hh"
#include "tcpcopy/returns/intercept_link.hh"
#include "tcpcopy/returns/response_coalescing.hh"
#include "tcpcopy/returns/returns.hh"
#include "tcpcopy/returns/settings.hh"
#include "tcpcopy/returns/what_intercept_says.hh"

namespace tcpcopy::returns {

class InterceptLinks : public RouteSink, public Announcer, public ResponseSource {
 public:
  struct Events {
    std::function<void(const Response&)> on_response;
    /// A link came or went: sessions have to be announced again.
    std::function<void()> on_links_changed;
  };

  /// Throws UsageError when the file of --key cannot be used.
  InterceptLinks(runtime::EventLoop& loop, const Settings& settings, const Events& events);

  void start();
  /// See Returns.
  void read_key(const std::string& file);
  bool announce(const FlowKey& flow) override;
  void flush() override;
  void ask(const FlowKey& flow);
  std::vector<Returns::Told> told(const FlowKey& flow) const;

  /// A link that is made while this is on brings its responses at once.
  void coalesce(bool on) override;
  Taken read() override;

  bool any_connected() const;
  std::size_t connected() const;
  std::size_t size() const;
  /// Registrations that wait for an intercept to read them, bytes.
  std::size_t unsent_bytes() const;
  const LinkCounters& counters() const { return counters_; }

 private:
  struct Intercept {
    explicit Intercept(const Endpoint& of) : endpoint(of), said(of) {}
    Endpoint endpoint;
    std::vector<std::unique_ptr<InterceptLink>> links;
    std::size_t next = 0;
    WhatInterceptSays said;
    std::vector<wire::Tell> told;  // the newest of each connection
  };
  static constexpr std::size_t kMaxTold = 64;  // connections that are asked about

  static void take(const wire::Tell& tell, std::vector<wire::Tell>& told);

  template <typename Action>
  void each(Action action) const;

  bool single_;
  LinkCounters counters_;
  std::minstd_rand random_;           // seeded once; for the links' jitter
  std::deque<Intercept> intercepts_;  // links refer to theirs
};

}  // namespace tcpcopy::returns
