// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/returns/device_responses.hh"

#include <spdlog/spdlog.h>
#include <sys/epoll.h>

#include <utility>

#include "common/net/capture_counters.hh"
#include "common/runtime/budget.hh"
#include "tcpcopy/batch.hh"

namespace tcpcopy::returns {
namespace {

constexpr int kMostPayload = 1500;  // bytes of a response, for modules

}  // namespace

DeviceResponses::DeviceResponses(runtime::EventLoop& loop, const std::vector<std::string>& devices,
                                 const std::string& filter, bool with_payload)
    : loop_(loop), alive_(devices.size()) {
  for (const std::string& device : devices) {
    pcap::PcapCapture::Settings settings;
    settings.option = "--responses";
    settings.device = device;
    settings.filter = filter;
    settings.batch = static_cast<int>(kBatch);
    if (with_payload) settings.packet_bytes += kMostPayload;
    devices_.push_back(std::make_unique<pcap::PcapCapture>(settings));
  }
}

void DeviceResponses::start(ResponseSink& to) {
  to_ = &to;
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    watches_.push_back(
        loop_.watch(devices_[i]->fd(), EPOLLIN, [this, i](std::uint32_t) { read(i); }));
  }
}

void DeviceResponses::read(std::size_t at) {
  pcap::PcapCapture& device = *devices_[at];
  int frames = 0;
  for (runtime::Budget budget(loop_); budget.another();) {
    frames = device.read([this](const net::TcpPacket& packet, Duration /*time*/) {
      to_->on_response(
          net::to_segment<Response>(packet.ip, packet.tcp, packet.payload_length, packet.payload),
          loop_.now());
    });
    if (frames < static_cast<int>(kBatch)) break;
  }
  if (frames >= 0) return;
  spdlog::error("--responses {}: the device cannot be read any more", device.device());
  watches_[at].reset();
  if (--alive_ == 0) failed_ = true;
}

void DeviceResponses::report(Report& to) const {
  net::CaptureCounters sum;
  for (const auto& device : devices_) {
    device->update_counters();
    sum += device->counters();
  }
  to.total({"returned_packets", "packets", "captured on the devices of --responses"}, sum.packets);
  to.total({"returned_drops", "packets", "the kernel's buffer was full there"}, sum.kernel_drops);
}

}  // namespace tcpcopy::returns
