// SPDX-License-Identifier: BSD-3-Clause
// The targets' responses, captured by this process: where they come to this host, no intercept and
// no control channel are needed.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/pcap/pcap_capture.hh"
#include "common/runtime/event_loop.hh"
#include "tcpcopy/returns/returns.hh"

namespace tcpcopy::returns {

class DeviceResponses : public Returns {
 public:
  /// Opens the devices.
  /// @param filter which packets are responses, in libpcap's language.
  /// Throws UsageError or SystemError.
  DeviceResponses(runtime::EventLoop& loop, const std::vector<std::string>& devices,
                  const std::string& filter, bool with_payload);

  void start(ResponseSink& to) override;
  void bring_to(ResponseSink& to) override { to_ = &to; }
  bool reachable() const override { return true; }
  News news() override { return std::exchange(failed_, false) ? News::kFailed : News::kNone; }

  /// Nothing has to be announced: what the devices bring is for this process.
  bool announce(const FlowKey& /*flow*/) override { return true; }
  void flush() override {}

  void report(Report& to) const override;

 private:
  void read(std::size_t at);

  runtime::EventLoop& loop_;
  ResponseSink* to_ = nullptr;
  std::vector<std::unique_ptr<pcap::PcapCapture>> devices_;
  std::vector<runtime::Watch> watches_;  // of each device
  std::size_t alive_ = 0;
  bool failed_ = false;  // the last device cannot be read any more
};

}  // namespace tcpcopy::returns
