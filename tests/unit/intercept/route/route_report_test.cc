// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/route/route_report.hh"

#include <gtest/gtest.h>

namespace tcpcopy::route {
namespace {

TEST(RouteReport, SaysWhatTheCountersSay) {
  const Router router(64);
  RouterCounters counters;
  counters.responses = 7;
  counters.dropped_expired = 2;
  counters.routes_foreign = 3;
  Report all;
  report(router, counters, all);
  EXPECT_EQ(all.sum("responses_to_route"), 7U);
  EXPECT_EQ(all.sum("responses_without_route"), 2U);
  EXPECT_EQ(all.sum("routes_foreign"), 3U);
  EXPECT_TRUE(all.has("responses_waiting"));
}

}  // namespace
}  // namespace tcpcopy::route
