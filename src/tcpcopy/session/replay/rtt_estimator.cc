// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/replay/rtt_estimator.hh"

#include <algorithm>

namespace tcpcopy::session {

void RttEstimator::measure(Duration rtt) {
  const Duration srtt = srtt_;
  const Duration rttvar = rttvar_;
  // An estimate of zero would read as "none": a microsecond is the least there is (2.2, G).
  rtt = std::max<Duration>(rtt, ShortDuration(1));
  const bool first = srtt == Duration(0);
  const Duration error = srtt > rtt ? srtt - rtt : rtt - srtt;
  rttvar_ = shortened(first ? rtt / 2 : rttvar + (error - rttvar) / 4);
  srtt_ = shortened(first ? rtt : srtt + (rtt - srtt) / 8);
  rto_ = shortened(base_rto());
}

void RttEstimator::back_off() { rto_ = shortened(std::min<Duration>(rto_ * 2, kMaxRto)); }

// The floor stands in the variance term, as Linux has it: it is what the timeout lies above the
// round trip. A floor under the sum would leave nothing above a round trip of 200 ms that hardly
// varies.
Duration RttEstimator::base_rto() const {
  if (srtt_ == ShortDuration(0)) return kInitialRto;
  return std::min(srtt_ + std::max<Duration>(4 * rttvar_, kMinRto), kMaxRto);
}

}  // namespace tcpcopy::session
