// SPDX-License-Identifier: BSD-3-Clause
// The targets' responses, captured by this process: where they come to this host, no intercept and
// no control channel are needed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/net/capture_counters.hh"
#include "common/pcap/pcap_capture.hh"
#include "common/runtime/event_loop.hh"
#include "tcpcopy/ports.hh"

namespace tcpcopy::returns {

class DeviceResponses : public RouteSink {
 public:
  struct Events {
    std::function<void(const Response&)> on_response;
    /// The last device cannot be read any more.
    std::function<void()> on_failed;
  };

  /// Opens the devices and watches them.
  /// @param filter which packets are responses, in libpcap's language.
  /// Throws UsageError or SystemError.
  DeviceResponses(runtime::EventLoop& loop, const std::vector<std::string>& devices,
                  const std::string& filter, Events events);

  /// Nothing has to be announced: what the devices bring is for this process.
  bool add_route(const FlowKey& /*flow*/) override { return true; }

  /// Over all devices.
  net::CaptureCounters counters() const;

 private:
  void read(pcap::PcapCapture& device);

  runtime::EventLoop& loop_;
  Events events_;
  std::vector<std::unique_ptr<pcap::PcapCapture>> devices_;
  std::size_t alive_ = 0;
};

}  // namespace tcpcopy::returns
