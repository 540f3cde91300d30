// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/statistics.hh"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>

namespace tcpcopy::interceptor {
namespace {

constexpr std::size_t kLinksListed = 8;

std::string ends_by_reason(const link::LinkServerCounters& links) {
  std::string text;
  for (std::size_t i = 0; i < channel::kEndReasons; ++i) {
    if (links.ended[i] == 0) continue;
    text += fmt::format(" {}:{}", to_string(static_cast<channel::EndReason>(i)), links.ended[i]);
  }
  return text.empty() ? " none" : text;
}

// The links that read too slowly, the worst first: each a line, up to a bound.
void log_slow_links(const InterceptStatistics& sources) {
  struct Slow {
    route::LinkId id;
    const link::TcpcopyLink* link;
  };
  std::vector<Slow> slow;
  sources.links.visit([&](route::LinkId id, const link::TcpcopyLink& link) {
    if (link.end().waiting() || link.end().queue().dropped_records() > 0)
      slow.push_back({id, &link});
  });
  std::sort(slow.begin(), slow.end(), [](const Slow& a, const Slow& b) {
    return a.link->end().queue().dropped_records() > b.link->end().queue().dropped_records();
  });
  for (std::size_t i = 0; i < std::min(slow.size(), kLinksListed); ++i) {
    const link::TcpcopyLink& link = *slow[i].link;
    spdlog::warn("link {} reads slowly: queued bytes:{} dropped responses:{} routes:{}",
                 link.peer().to_string(), link.end().queue().bytes(),
                 link.end().queue().dropped_records(), sources.router.routes_of(slow[i].id));
  }
  if (slow.size() > kLinksListed) {
    spdlog::warn("{} more links read slowly", slow.size() - kLinksListed);
  }
}

}  // namespace

void log_statistics(const InterceptStatistics& sources) {
  std::uint64_t packets = 0;
  std::uint64_t kernel_drops = 0;
  std::uint64_t malformed = 0;
  for (const auto& capture : sources.captures) {
    capture->update_counters();
    packets += capture->counters().packets;
    kernel_drops += capture->counters().kernel_drops;
    for (const std::uint64_t count : capture->counters().malformed)
      malformed += count;
  }
  std::size_t queued_bytes = 0;
  std::uint64_t dropped_slow = sources.links.counters().dropped_slow;
  sources.links.visit([&](route::LinkId, const link::TcpcopyLink& link) {
    queued_bytes += link.end().queue().bytes();
    dropped_slow += link.end().queue().dropped_records();
  });
  const route::RouterCounters& responses = sources.responses;
  spdlog::info(
      "total captured packets:{} kernel drops:{} malformed:{}; responses:{} forwarded:{} held:{} "
      "waiting:{}; dropped without route:{} without room:{} without link:{} by slow links:{} "
      "with closed links:{}",
      packets, kernel_drops, malformed, responses.responses, responses.forwarded, responses.held,
      sources.router.early(), responses.dropped_expired, responses.dropped_no_room,
      responses.dropped_no_link, dropped_slow, sources.links.counters().dropped_closed);
  spdlog::info(
      "routes:{} added:{} displaced:{} refused:{} foreign:{}; links:{} accepted:{} queued "
      "bytes:{}; links "
      "ended or refused by reason:{}",
      sources.router.routes(), responses.routes_added, responses.routes_displaced,
      responses.routes_refused, responses.routes_foreign, sources.links.links(),
      sources.links.counters().accepted, queued_bytes, ends_by_reason(sources.links.counters()));
  log_slow_links(sources);
}

}  // namespace tcpcopy::interceptor
