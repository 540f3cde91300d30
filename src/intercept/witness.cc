// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/witness.hh"

#include <sys/epoll.h>

#include <algorithm>
#include <exception>
#include <fstream>
#include <optional>

#include "common/net/packet_writer.hh"

namespace tcpcopy::interceptor {
namespace {

// Handshakes and resets alone: others are too many to look at on all devices.
constexpr const char* kBeginnings = "tcp[13] & 18 = 18 or tcp[13] & 4 = 4";

std::optional<unsigned> read_number(const std::string& name) {
  std::ifstream file("/proc/sys/net/ipv4/" + name);
  unsigned number = 0;
  if (!(file >> number)) return std::nullopt;
  return number;
}

std::optional<std::uint8_t> strictest_rp_filter(const std::vector<std::string>& devices) {
  const auto of_all = read_number("conf/all/rp_filter");
  if (!of_all) return std::nullopt;
  unsigned strictest = *of_all;
  for (const std::string& device : devices) {
    const unsigned of_device = read_number("conf/" + device + "/rp_filter").value_or(0);
    // 1 is strict, 2 is loose; the kernel takes the greater of the two.
    const unsigned both = std::max(*of_all, of_device);
    if (strictest != 1) strictest = both;
  }
  return static_cast<std::uint8_t>(std::min(strictest, 255U));
}

// The target's answer to the first packet of a connection.
std::vector<std::byte> answer_to(const FlowKey& flow) {
  ReplaySegment segment;  // only the direction tells it from a response
  segment.source = flow.server;
  segment.destination = flow.client;
  segment.flags = {TcpFlags::kSyn | TcpFlags::kAck};
  std::vector<std::byte> bytes(net::kMaxHeaders);
  bytes.resize(net::write_packet(segment, {}, 1, bytes));
  return bytes;
}

}  // namespace

Witness::Watched* Witness::find(const FlowKey& flow) {
  const auto found = std::find_if(watched_.begin(), watched_.end(),
                                  [&](const Watched& one) { return one.flow == flow; });
  return found == watched_.end() ? nullptr : &*found;
}

wire::Tell Witness::answer(const wire::Ask& ask) {
  wire::Tell tell;
  tell.flow = ask.flow;
  if (!ask.flow.client.address.is_v4() || !ask.flow.server.address.is_v4()) return tell;
  if (find(ask.flow) == nullptr && watched_.size() < kMaxWatched) {
    watched_.push_back({ask.flow, loop_.now(), 0, 0, {}});
    if (around_ == nullptr) look_around();
  }
  if (Watched* seen = find(ask.flow)) {
    seen->asked_at = loop_.now();
    tell.captured = seen->captured;
    tell.flags = seen->flags;
    if (around_ != nullptr) tell.came = seen->came;
  }
  tell.takes = filter_.takes(answer_to(ask.flow));
  if (const auto forwards = read_number("ip_forward")) tell.forwards = *forwards != 0;
  tell.rp_filter = strictest_rp_filter(devices_);
  return tell;
}

void Witness::on_captured(const net::TcpPacket& packet) {
  Watched* seen = find({packet.destination(), packet.source()});
  if (seen == nullptr) return;
  ++seen->captured;
  seen->flags.bits |= packet.tcp.flags.bits;
}

void Witness::look_around() {
  pcap::PcapCapture::Settings settings;
  settings.device = "any";
  settings.filter = kBeginnings;
  settings.direction = pcap::Direction::kIn;
  settings.buffer_bytes = 1 << 20;
  try {
    around_ = std::make_unique<pcap::PcapCapture>(settings);
  } catch (const std::exception&) {
    return;  // the right to capture was given up; then it is not known what came
  }
  watch_ = loop_.try_watch(around_->fd(), EPOLLIN, [this](std::uint32_t) { read(); });
  if (!watch_) around_.reset();
}

void Witness::read() {
  const int frames = around_->read([this](const net::TcpPacket& packet, Duration /*time*/) {
    if (Watched* seen = find({packet.destination(), packet.source()})) ++seen->came;
  });
  if (frames >= 0) return;
  watch_.reset();
  around_.reset();
}

void Witness::on_tick() {
  std::erase_if(watched_,
                [&](const Watched& one) { return loop_.now() >= one.asked_at + kForget; });
  if (!watched_.empty()) return;
  watch_.reset();
  around_.reset();
}

}  // namespace tcpcopy::interceptor
