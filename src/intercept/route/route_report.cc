// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/route/route_report.hh"

namespace tcpcopy::route {

void report(const Router& router, const RouterCounters& counters, Report& to) {
  to.total({"responses_to_route", "packets", "= forwarded + waiting + the dropped ones"},
           counters.responses);
  to.total({"responses_forwarded", "packets", "handed to a link"}, counters.forwarded);
  to.total({"responses_held", "packets", "came before tcpcopy had announced their session"},
           counters.held);
  to.now({"responses_waiting", "packets", "of these, still"}, router.early());
  to.total({"responses_without_route", "packets", "of these, never announced in time"},
           counters.dropped_expired);
  to.total({"responses_without_room", "packets", "of these, pushed out by others"},
           counters.dropped_no_room);
  to.total({"responses_without_link", "packets", "with --single: no tcpcopy was there"},
           counters.dropped_no_link);
  to.now({"routes", "routes", "connections of which the link is known"}, router.routes());
  to.total({"routes_added", "routes", "that were announced"}, counters.routes_added);
  to.total({"routes_displaced", "routes", "that made room for newer ones"},
           counters.routes_displaced);
  to.total({"routes_refused", "routes", "for which there was no room"}, counters.routes_refused);
  to.total({"routes_foreign", "routes", "refused: another host's already"},
           counters.routes_foreign);
}

}  // namespace tcpcopy::route
