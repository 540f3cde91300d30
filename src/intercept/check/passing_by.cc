// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/check/passing_by.hh"

#include <sys/epoll.h>

#include <algorithm>

#include "common/runtime/socket.hh"

namespace tcpcopy::intercept_check {
namespace {

pcap::PcapCapture::Settings settings_of(const std::string& device, const std::string& filter) {
  pcap::PcapCapture::Settings settings;
  settings.device = device;
  settings.filter = filter;
  settings.direction = pcap::Direction::kIn;
  settings.buffer_bytes = 4 << 20;
  return settings;
}

}  // namespace

PassingBy::PassingBy(runtime::EventLoop& loop, const std::string& device, const std::string& filter)
    : capture_(settings_of(device, filter)),
      own_(runtime::local_addresses()),
      watch_(loop.watch(capture_.fd(), EPOLLIN, [this](std::uint32_t) { read(); })) {}

void PassingBy::read() {
  capture_.read([this](const net::TcpPacket& packet, Duration /*time*/) {
    ++packets_;
    if (!packet.tcp.flags.syn() || !packet.tcp.flags.ack()) return;
    if (std::find(own_.begin(), own_.end(), packet.ip.destination) != own_.end()) return;
    const auto found = answers_.find(packet.source());
    if (found != answers_.end()) {
      ++found->second;
    } else if (answers_.size() < kMostTargets) {
      answers_[packet.source()] = 1;
    }
  });
}

}  // namespace tcpcopy::intercept_check
