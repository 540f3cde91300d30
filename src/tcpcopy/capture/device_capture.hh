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

namespace tcpcopy::capture {

class DeviceCapture : public ClientCapture {
 public:
  struct Settings {
    std::vector<std::string> devices;  ///< -i: names, or `any`
    std::string filter;                ///< libpcap's language
    bool tagged_too = false;           ///< the filter applies inside of VLAN tags as well
    int buffer_bytes = 16 << 20;       ///< -B, of each device
    int snap_length = 65535;           ///< -S: bytes of a packet
    pcap::Direction direction = pcap::Direction::kIn;
  };

  /// Opens the devices. Throws UsageError or SystemError.
  explicit DeviceCapture(const Settings& settings);

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
