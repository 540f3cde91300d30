// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/responses/device_responses.hh"

#include <spdlog/spdlog.h>
#include <sys/epoll.h>

#include <utility>

namespace tcpcopy::responses {

DeviceResponses::DeviceResponses(runtime::EventLoop& loop, const std::vector<std::string>& devices,
                                 const std::string& filter, Events events)
    : loop_(loop), events_(std::move(events)), alive_(devices.size()) {
  for (const std::string& device : devices) {
    capture::PcapCapture::Settings settings;
    settings.option = "--responses";
    settings.device = device;
    settings.filter = filter;
    devices_.push_back(std::make_unique<capture::PcapCapture>(settings));
    capture::PcapCapture& opened = *devices_.back();
    loop_.watch(opened.fd(), EPOLLIN, [this, &opened](std::uint32_t) { read(opened); });
  }
}

void DeviceResponses::read(capture::PcapCapture& device) {
  const bool readable = device.read([this](const net::TcpPacket& packet) {
    events_.on_response(
        net::to_segment<Response>(packet.ip, packet.tcp, packet.payload_length, {}));
  });
  if (readable) return;
  spdlog::error("--responses {}: the device cannot be read any more", device.device());
  loop_.forget(device.fd());
  if (--alive_ == 0) events_.on_failed();
}

net::CaptureCounters DeviceResponses::counters() const {
  net::CaptureCounters sum;
  for (const auto& device : devices_) {
    device->update_counters();
    sum += device->counters();
  }
  return sum;
}

}  // namespace tcpcopy::responses
