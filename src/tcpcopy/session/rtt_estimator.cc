// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/rtt_estimator.hh"

#include <algorithm>

namespace tcpcopy::session {

void RttEstimator::measure(Duration rtt) {
  // An estimate of zero would read as "none": the clock's grain is the least there is (2.2, G).
  rtt = std::max(rtt, Duration(1));
  if (srtt_ == Duration(0)) {
    srtt_ = rtt;
    rttvar_ = rtt / 2;
  } else {
    const Duration error = srtt_ > rtt ? srtt_ - rtt : rtt - srtt_;
    rttvar_ += (error - rttvar_) / 4;
    srtt_ += (rtt - srtt_) / 8;
  }
  rto_ = base_rto();
}

void RttEstimator::back_off() { rto_ = std::min(rto_ * 2, kMaxRto); }

Duration RttEstimator::base_rto() const {
  if (srtt_ == Duration(0)) return kInitialRto;
  return std::clamp(srtt_ + 4 * rttvar_, kMinRto, kMaxRto);
}

}  // namespace tcpcopy::session
