// SPDX-License-Identifier: BSD-3-Clause
// The retransmission timeout of RFC 6298.
#pragma once

#include "tcpcopy/session/limits.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::session {

class RttEstimator {
 public:
  /// Takes a measured round trip (RFC 6298, 2.2 and 2.3) and ends any back-off.
  /// REQUIRES (Karn): it was measured on a segment that was sent once.
  void measure(Duration rtt);

  /// Doubles the timeout, up to kMaxRto (5.5).
  void back_off();
  /// Ends the back-off without a new measurement: something was acknowledged.
  void end_back_off() { rto_ = shortened(base_rto()); }

  Duration rto() const { return rto_; }
  /// The smoothed round trip; zero before the first measurement.
  Duration srtt() const { return srtt_; }

 private:
  Duration base_rto() const;

  ShortDuration srtt_{0};
  ShortDuration rttvar_{0};
  ShortDuration rto_ = shortened(kInitialRto);
};

}  // namespace tcpcopy::session
