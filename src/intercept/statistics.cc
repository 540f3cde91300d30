// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/statistics.hh"

#include <spdlog/spdlog.h>

#include "common/runtime/daemon.hh"

namespace tcpcopy {

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
  const route::RouterCounters& router = sources.router.counters();
  const link::LinkServerCounters& links = sources.links.counters();
  spdlog::info(
      "total captured packets:{} kernel drops:{} malformed:{}; responses:{} forwarded:{} held:{} "
      "waiting:{} dropped without route:{} dropped without link:{}; routes:{} added:{} refused:{}; "
      "links:{} accepted:{} refused:{} closed:{} queued bytes:{} dropped bytes:{}",
      packets, kernel_drops, malformed, router.responses, router.forwarded, router.held,
      sources.router.early(), router.dropped_early, router.dropped_link_gone,
      sources.router.routes(), router.routes_added, router.routes_refused, sources.links.links(),
      links.accepted, links.refused, links.closed_by_us, sources.links.queued_bytes(),
      sources.links.dropped_bytes());
}

void log_summary(const InterceptStatistics& sources) {
  log_statistics(sources);
  const runtime::ResourceUse use = runtime::resource_use();
  spdlog::info("cpu user:{:.3f}s system:{:.3f}s, peak memory:{} KB", use.user_seconds,
               use.system_seconds, use.peak_rss_kb);
}

}  // namespace tcpcopy
