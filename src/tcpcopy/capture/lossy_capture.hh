// SPDX-License-Identifier: BSD-3-Clause
// --lose-captured, for tests: a capture that misses packets.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "tcpcopy/capture/capture_around.hh"
#include "tcpcopy/capture/missed_packets.hh"

namespace tcpcopy::capture {

class LossyCapture : public CaptureAround {
 public:
  /// @param share of kLoseOutOf packets so many are missed.
  LossyCapture(std::unique_ptr<ClientCapture> inner, std::uint32_t share)
      : CaptureAround(std::move(inner)), missed_(share) {}

  void log_summary() const override;

 protected:
  bool lets_pass(const net::CapturedPacket& /*packet*/) override { return !missed_.next(); }

 private:
  MissedPackets missed_;
};

}  // namespace tcpcopy::capture
