// SPDX-License-Identifier: BSD-3-Clause
// What stands around a capture and sees its packets before anybody else: to lose some, or to write
// them down.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "tcpcopy/capture/client_capture.hh"

namespace tcpcopy::capture {

class CaptureAround : public ClientCapture {
 public:
  explicit CaptureAround(std::unique_ptr<ClientCapture> inner) : inner_(std::move(inner)) {}

  std::vector<int> descriptors() const override { return inner_->descriptors(); }
  Instant due() const override { return inner_->due(); }
  Outcome read(Instant now, Take take) override {
    return inner_->read(now, [&](const net::CapturedPacket& packet) {
      if (lets_pass(packet)) take(packet);
    });
  }
  Passes* passes() override { return inner_->passes(); }
  void log_summary() const override { inner_->log_summary(); }
  void update_counters() override { inner_->update_counters(); }
  net::CaptureCounters& counters() override { return inner_->counters(); }

 protected:
  virtual bool lets_pass(const net::CapturedPacket& packet) = 0;

 private:
  std::unique_ptr<ClientCapture> inner_;
};

}  // namespace tcpcopy::capture
