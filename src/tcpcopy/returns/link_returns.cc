// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/returns/link_returns.hh"

#include <utility>

namespace tcpcopy::returns {

LinkReturns::LinkReturns(runtime::EventLoop& loop, const InterceptLinks::Settings& settings)
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

}  // namespace tcpcopy::returns
