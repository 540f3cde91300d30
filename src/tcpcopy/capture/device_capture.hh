// SPDX-License-Identifier: BSD-3-Clause
// Captures the packets of clients at the link layer, with libpcap, from one or more devices: on the
// online server, or where a copy of its traffic arrives.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/net/whole_packets.hh"
#include "common/pcap/pcap_capture.hh"
#include "tcpcopy/capture/client_capture.hh"
#include "tcpcopy/capture/settings.hh"

namespace tcpcopy::capture {

class DeviceCapture : public ClientCapture {
 public:
  /// Opens the devices. Throws UsageError or SystemError.
  /// @param filter which packets, in libpcap's language.
  /// @param tagged_too the filter holds for what stands inside of VLAN tags as well.
  DeviceCapture(const Settings& settings, const std::string& filter, bool tagged_too);

  std::vector<int> descriptors() const override;
  Outcome read(Instant now, Take take) override;
  void update_counters() override;

 private:
  struct Device {
    std::unique_ptr<pcap::PcapCapture> capture;
    bool failed = false;
  };

  std::vector<Device> devices_;
  net::WholePackets packets_;
};

}  // namespace tcpcopy::capture
