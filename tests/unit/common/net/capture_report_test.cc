// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/capture_report.hh"

#include <gtest/gtest.h>

namespace tcpcopy::net {
namespace {

TEST(CaptureReport, SaysOfEachKindWhatWasLeftOut) {
  CaptureCounters counters;
  counters.packets = 9;
  counters.of(ParseError::kFragment) = 2;
  counters.of(ParseError::kNotTcp) = 3;
  Report all;
  report(counters, all);
  EXPECT_EQ(all.sum("capture_packets"), 9U);
  EXPECT_EQ(all.of("packets_malformed", "fragment"), 2U);
  EXPECT_EQ(all.sum("packets_malformed"), 5U);
}

}  // namespace
}  // namespace tcpcopy::net
