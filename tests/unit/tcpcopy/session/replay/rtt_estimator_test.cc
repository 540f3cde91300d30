// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/replay/rtt_estimator.hh"

#include <gtest/gtest.h>

namespace tcpcopy::session {
namespace {

TEST(RttEstimator, BeginsWithOneSecond) {
  const RttEstimator rtt;
  EXPECT_EQ(rtt.rto(), 1s);
  EXPECT_EQ(rtt.srtt(), 0s);
}

// RFC 6298, 2.2: SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 RTTVAR.
TEST(RttEstimator, TakesTheFirstMeasurement) {
  RttEstimator rtt;
  rtt.measure(400ms);
  EXPECT_EQ(rtt.srtt(), 400ms);
  EXPECT_EQ(rtt.rto(), 1200ms);
}

// RFC 6298, 2.3: RTTVAR = 3/4 RTTVAR + 1/4 |SRTT - R|, then SRTT = 7/8 SRTT + 1/8 R.
TEST(RttEstimator, SmoothsFurtherMeasurements) {
  RttEstimator rtt;
  rtt.measure(400ms);
  rtt.measure(800ms);
  EXPECT_EQ(rtt.srtt(), 450ms);
  EXPECT_EQ(rtt.rto(), 450ms + 4 * 250ms);
}

// Linux's floor: rto = srtt + max(200 ms, 4 rttvar). Under the sum (RFC 6298, 2.4) it would leave
// nothing above a long round trip that hardly varies.
TEST(RttEstimator, FloorStandsInTheVarianceTerm) {
  RttEstimator rtt;
  for (int i = 0; i < 100; ++i)
    rtt.measure(300ms);
  EXPECT_EQ(rtt.rto(), 300ms + kMinRto);
}

TEST(RttEstimator, StaysWithinItsBounds) {
  RttEstimator rtt;
  rtt.measure(10us);
  EXPECT_EQ(rtt.rto(), 10us + kMinRto);
  rtt.measure(60s);
  EXPECT_EQ(rtt.rto(), kMaxRto);
}

TEST(RttEstimator, BacksOffUpToTheCeilingAndReturns) {
  RttEstimator rtt;
  rtt.measure(10us);
  rtt.back_off();
  EXPECT_EQ(rtt.rto(), 2 * (10us + kMinRto));
  for (int i = 0; i < 10; ++i)
    rtt.back_off();
  EXPECT_EQ(rtt.rto(), kMaxRto);
  rtt.end_back_off();
  EXPECT_EQ(rtt.rto(), 10us + kMinRto);
}

}  // namespace
}  // namespace tcpcopy::session
