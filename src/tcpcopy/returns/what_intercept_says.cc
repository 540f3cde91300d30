// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/returns/what_intercept_says.hh"

#include <spdlog/spdlog.h>

#include <chrono>

namespace tcpcopy::returns {

void WhatInterceptSays::on_told(const channel::TcpcopyEnd& end) {
  if (end.version() == wire::kVersion) {
    if (version_ != end.version()) {
      spdlog::info("intercept {} speaks version 6 of the control channel, as 1.x does",
                   intercept_.to_string());
    }
    version_ = end.version();
    return;
  }
  const auto round_trip = end.liveness().round_trip();
  if (!round_trip) return;
  if (version_ != end.version() || about_ != end.about()) {
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(*round_trip);
    spdlog::info("intercept {} speaks version 7 of the control channel, {} us there and back; {}",
                 intercept_.to_string(), microseconds.count(), end.about());
    version_ = end.version();
    about_ = end.about();
  }
  const std::uint64_t drops = end.liveness().peers_seen().drops;
  if (drops > drops_) {
    spdlog::warn(
        "intercept {} has lost {} responses so far, as its kernel or its links had no room: its "
        "log "
        "says more",
        intercept_.to_string(), drops);
  }
  drops_ = drops;
}

}  // namespace tcpcopy::returns
