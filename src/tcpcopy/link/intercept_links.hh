// SPDX-License-Identifier: BSD-3-Clause
// All links to all intercepts. A session is announced on one link of each intercept, because each
// may capture a part of the responses; the links of an intercept take turns.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "tcpcopy/link/intercept_link.hh"
#include "tcpcopy/ports.hh"

namespace tcpcopy::link {

class InterceptLinks : public RouteSink {
 public:
  struct Events {
    std::function<void(const Response&)> on_response;
    /// A link came or went: sessions have to be announced again.
    std::function<void()> on_links_changed;
  };

  InterceptLinks(runtime::EventLoop& loop, const std::vector<Endpoint>& intercepts,
                 int links_per_intercept, wire::FrameMode mode, const Events& events);

  void start();
  bool add_route(const FlowKey& flow) override;
  /// Sends the registrations of this wake-up: before the packets that they announce.
  void flush();

  bool any_connected() const;
  std::size_t connected() const;
  std::size_t size() const;
  const LinkCounters& counters() const { return counters_; }

 private:
  struct Intercept {
    std::vector<std::unique_ptr<InterceptLink>> links;
    std::size_t next = 0;
  };

  LinkCounters counters_;
  std::vector<Intercept> intercepts_;
};

}  // namespace tcpcopy::link
