// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/capture/device_capture.hh"

#include <spdlog/spdlog.h>

#include "tcpcopy/batch.hh"

namespace tcpcopy::capture {

DeviceCapture::DeviceCapture(const Settings& settings, const std::string& filter, bool tagged_too) {
  for (const std::string& device : settings.sources) {
    pcap::PcapCapture::Settings one;
    one.device = device;
    one.batch = static_cast<int>(kBatch);
    one.filter = filter;
    one.tagged_too = tagged_too;
    one.fragments_too = true;
    one.buffer_bytes = settings.buffer_bytes;
    one.packet_bytes = settings.snap_length;
    one.direction = settings.direction;
    one.promiscuous = true;  // a mirrored packet is addressed to another host
    one.delivery = pcap::PcapCapture::Delivery::kBlocks;
    devices_.push_back({std::make_unique<pcap::PcapCapture>(one)});
  }
}

std::vector<int> DeviceCapture::descriptors() const {
  std::vector<int> descriptors;
  for (const Device& device : devices_)
    descriptors.push_back(device.capture->fd());
  return descriptors;
}

ClientCapture::Outcome DeviceCapture::read(Instant /*now*/, Take take) {
  bool more = false;
  for (Device& device : devices_) {
    if (device.failed) continue;
    const int count =
        device.capture->read_packets([&](const net::CapturedPacket& captured, Duration time) {
          if (const auto packet = packets_.add(captured, time)) take(*packet);
        });
    more = more || count == static_cast<int>(kBatch);
    if (count >= 0) continue;
    device.failed = true;
    spdlog::error("-i {}: the device cannot be read any more", device.capture->device());
    return Outcome::kFailed;
  }
  return more ? Outcome::kMore : Outcome::kNoMore;
}

void DeviceCapture::update_counters() {
  net::CaptureCounters sum;
  for (const Device& device : devices_) {
    device.capture->update_counters();
    sum += device.capture->counters();
  }
  counters().packets = sum.packets;
  counters().kernel_drops = sum.kernel_drops;
  counters().fragments = packets_.fragments().counters();
}

}  // namespace tcpcopy::capture
