// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/log_lines.hh"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>

namespace tcpcopy::interceptor {
namespace {

constexpr std::size_t kLinksListed = 8;

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

std::string ends_by_reason(const Report& report) {
  std::string text;
  for (const Report::Item& item : report.items()) {
    if (item.figure.name != "links_ended" || item.value == 0) continue;
    text += fmt::format(" {}:{}", item.of, item.value);
  }
  return text.empty() ? " none" : text;
}

}  // namespace

void log_statistics(const Report& report) {
  spdlog::info(
      "total captured packets:{} kernel drops:{} malformed:{}; responses:{} forwarded:{} held:{} "
      "waiting:{}; dropped without route:{} without room:{} without link:{} by slow links:{} "
      "with closed links:{}",
      report.sum("capture_packets"), report.sum("capture_drops"), report.sum("packets_malformed"),
      report.sum("responses_to_route"), report.sum("responses_forwarded"),
      report.sum("responses_held"), report.sum("responses_waiting"),
      report.sum("responses_without_route"), report.sum("responses_without_room"),
      report.sum("responses_without_link"), report.sum("responses_of_slow_links"),
      report.sum("responses_of_closed_links"));
  spdlog::info(
      "routes:{} added:{} displaced:{} refused:{} foreign:{}; links:{} accepted:{} queued "
      "bytes:{}; links ended or refused by reason:{}",
      report.sum("routes"), report.sum("routes_added"), report.sum("routes_displaced"),
      report.sum("routes_refused"), report.sum("routes_foreign"), report.sum("links"),
      report.sum("links_accepted"), report.sum("link_queued_bytes"), ends_by_reason(report));
}

report::Rates rates_from(Instant start) {
  return {{{"captured packets", "capture_packets"},
           {"responses", "responses_to_route"},
           {"forwarded", "responses_forwarded"},
           {"routes added", "routes_added"}},
          start};
}

void FirstAnswers::say_seen(const net::TcpPacket& answer, Instant now) {
  seen_ = true;
  spdlog::info("first answer seen: {} to {}, {:.1f} s after the start", answer.source().to_string(),
               answer.destination().to_string(), seconds(now - start_));
}

void FirstAnswers::say_forwarded(Instant now) {
  forwarded_ = true;
  spdlog::info("first answer sent to a tcpcopy, {:.1f} s after the start", seconds(now - start_));
}

void log_slow_links(const link::LinkServer& links, const route::Router& router) {
  struct Slow {
    route::LinkId id;
    const link::TcpcopyLink* link;
  };
  std::vector<Slow> slow;
  links.visit([&](route::LinkId id, const link::TcpcopyLink& link) {
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
                 link.end().queue().dropped_records(), router.routes_of(slow[i].id));
  }
  if (slow.size() > kLinksListed) {
    spdlog::warn("{} more links read slowly", slow.size() - kLinksListed);
  }
}

}  // namespace tcpcopy::interceptor
