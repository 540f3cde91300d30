// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/path/leaving_watch.hh"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <exception>
#include <string>
#include <utility>

namespace tcpcopy::path {

LeavingWatch::LeavingWatch(runtime::EventLoop& loop, const Endpoint& target,
                           const std::vector<Seq<space::Replay>>& numbers, Seen seen)
    : seen_(std::move(seen)) {
  std::string marked;
  for (const Seq<space::Replay> number : numbers)
    marked += fmt::format("{}tcp[4:4] = {}", marked.empty() ? "" : " or ", number.raw);
  pcap::PcapCapture::Settings settings;
  settings.device = "any";
  settings.filter = fmt::format("tcp and dst host {} and dst port {} and ({})",
                                target.address.to_string(), target.port, marked);
  settings.direction = pcap::Direction::kOut;
  settings.buffer_bytes = 1 << 20;
  try {
    capture_ = std::make_unique<pcap::PcapCapture>(settings);
  } catch (const std::exception&) {
    return;
  }
  watch_ = loop.watch(capture_->fd(), EPOLLIN, [this](std::uint32_t) { read(); });
}

void LeavingWatch::read() {
  capture_->read([this](const net::TcpPacket& packet, Duration /*time*/) {
    if (packet.tcp.flags.syn()) seen_(packet.ip.source, Seq<space::Replay>(packet.tcp.seq));
  });
}

}  // namespace tcpcopy::path
