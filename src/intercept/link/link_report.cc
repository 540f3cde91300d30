// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/link/link_report.hh"

#include "common/channel/link_end.hh"

namespace tcpcopy::link {

void report(const LinkServer& links, Report& to) {
  const LinkServerCounters& counters = links.counters();
  std::uint64_t queued_bytes = 0;
  std::uint64_t dropped_slow = counters.dropped_slow;
  links.visit([&](route::LinkId, const TcpcopyLink& link) {
    queued_bytes += link.end().queue().bytes();
    dropped_slow += link.end().queue().dropped_records();
  });
  to.total({"responses_of_slow_links", "packets", "forwarded, but not read in time"}, dropped_slow);
  to.total({"responses_of_closed_links", "packets", "forwarded, not read when the link was closed"},
           counters.dropped_closed);
  to.now({"links", "links", "from tcpcopies"}, links.links());
  to.total({"links_accepted", "links", "from tcpcopies"}, counters.accepted);
  to.total({"questions", "questions", "of tcpcopies, answered"}, counters.questions);
  to.total({"questions_refused", "questions", "too many, or over a link without a key"},
           counters.questions_refused);
  to.now({"link_queued_bytes", "bytes", "wait for a tcpcopy to read them"}, queued_bytes);
  for (std::size_t i = 0; i < channel::kEndReasons; ++i) {
    to.total({"links_ended", "links", "or refused", "reason"}, counters.ended[i],
             to_string(static_cast<channel::EndReason>(i)));
  }
}

}  // namespace tcpcopy::link
