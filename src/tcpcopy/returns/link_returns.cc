// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/returns/link_returns.hh"

#include <fmt/format.h>

#include <utility>

namespace tcpcopy::returns {

LinkReturns::LinkReturns(runtime::EventLoop& loop, const Settings& settings)
    : links_(loop, settings,
             {[this, &loop](const Response& response) { to_->on_response(response, loop.now()); },
              [this] { changed_ = true; }}) {}

void LinkReturns::start(ResponseSink& to) {
  to_ = &to;
  links_.start();
}

Returns::News LinkReturns::news() {
  if (!std::exchange(changed_, false)) return News::kNone;
  if (!links_.any_connected()) return was_connected_ ? News::kLost : News::kNone;
  was_connected_ = true;
  return News::kReachable;
}

std::string LinkReturns::describe() const {
  return fmt::format("{} of {} links", links_.connected(), links_.size());
}

void LinkReturns::report(Report& to) const {
  const LinkCounters& counters = links_.counters();
  to.now({"links_connected", "links", "to intercepts"}, links_.connected());
  to.now({"links_configured", "links", "to intercepts"}, links_.size());
  to.total({"link_connects", "links", "made"}, counters.connects);
  to.total({"link_breaks", "links", "lost"}, counters.breaks);
  to.total({"link_responses", "records", "received"}, counters.responses);
  to.total({"link_malformed", "records", "that hold no sane response"}, counters.malformed);
  to.total({"routes_announced", "routes", "to intercepts"}, counters.routes);
  to.total({"routes_dropped", "routes", "for which an intercept that does not read left no room"},
           counters.routes_dropped);
  to.now({"link_unsent_bytes", "bytes", "of announcements that wait for an intercept to read"},
         links_.unsent_bytes());
  to.spread({"way_back", "seconds", "of a response, from its capture at an intercept to here"},
            counters.way_back);
}

}  // namespace tcpcopy::returns
