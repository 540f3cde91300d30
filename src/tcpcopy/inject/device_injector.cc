// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/inject/device_injector.hh"

#include <fmt/format.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "common/net/packet_writer.hh"
#include "common/net/segment_run.hh"
#include "common/runtime/errors.hh"
#include "tcpcopy/batch.hh"
#include "tcpcopy/inject/send_batch.hh"

namespace tcpcopy::inject {
namespace {

using runtime::UsageError;

// The kernel's virtio_net_hdr: how to cut a frame, and to complete its checksum. Host byte order.
// (Its own header names a field `class`.)
struct CutHeader {
  std::uint8_t flags = 0;
  std::uint8_t type = 0;
  std::uint16_t headers = 0;       // bytes before the payload
  std::uint16_t segment_size = 0;  // bytes of payload
  std::uint16_t checksum_start = 0;
  std::uint16_t checksum_offset = 0;
};
static_assert(sizeof(CutHeader) == 10);
constexpr std::uint8_t kNeedsChecksum = 1;
constexpr std::uint8_t kCutsTcpOverIpv4 = 1;

// What stands in front of the IP packet.
constexpr std::size_t kPacketAt = sizeof(CutHeader) + ETH_HLEN;
constexpr std::uint16_t kTcpChecksumAt = 16;

}  // namespace

struct DeviceInjector::Batch {
  struct Frame {
    std::size_t begin = 0;
    std::size_t size = 0;
    const DeviceWay* way = nullptr;
    net::SegmentRun run;
  };

  std::vector<std::byte> bytes;
  std::size_t used = 0;
  std::size_t count = 0;
  std::array<Frame, kBatch> frames;
  std::array<sockaddr_ll, kBatch> addresses{};
  std::array<iovec, kBatch> vectors{};
  std::array<mmsghdr, kBatch> messages{};

  std::span<std::byte> reserve(std::size_t room) {
    if (bytes.size() < used + room) bytes.resize(2 * bytes.size() + room);
    return std::span(bytes).subspan(used);
  }
};

DeviceInjector::DeviceInjector(const Settings& settings, const std::vector<TargetRule>& rules)
    : fd_(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      batch_(std::make_unique<Batch>()) {
  if (!fd_) {
    throw runtime::SystemError("cannot open a packet socket for sending: " +
                               runtime::error_text(errno) + runtime::how_to_be_allowed());
  }
  const int on = 1;
  if (::setsockopt(fd_.get(), SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0) {
    throw runtime::SystemError("PACKET_VNET_HDR: " + runtime::error_text(errno));
  }
  if (::setsockopt(fd_.get(), SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) != 0) {
    spdlog::warn("--send link: this kernel lets no packet bypass the queueing discipline");
  }
  enlarge_send_buffer(fd_.get());
  const std::string& device = settings.device;
  const int index = device.empty() ? 0 : static_cast<int>(::if_nametoindex(device.c_str()));
  if (!device.empty() && index == 0) {
    throw UsageError("-o " + device + ": there is no such device; `ip link` lists them");
  }
  for (const TargetRule& rule : rules) {
    const DeviceTarget target{rule.target.address, rule.source_mac, rule.next_hop_mac};
    if (way_to(target.address) == nullptr)
      ways_.push_back(find_device_way(fd_.get(), target, index));
  }
}

DeviceInjector::~DeviceInjector() = default;

const DeviceWay* DeviceInjector::way_to(const Address& target) const {
  const auto found = std::find_if(ways_.begin(), ways_.end(),
                                  [&](const DeviceWay& way) { return way.target == target; });
  return found == ways_.end() ? nullptr : &*found;
}

void DeviceInjector::refresh() {
  for (DeviceWay& way : ways_)
    refresh_neighbour(way);
}

void DeviceInjector::send(const ReplaySegment& segment, std::span<const Bytes> payload) {
  Batch& batch = *batch_;
  if (batch.count > 0) {
    Batch::Frame& last = batch.frames[batch.count - 1];
    if (last.way->cuts && last.run.takes(segment)) {
      last.run.add(segment);
      add_to_run(payload);
      return;
    }
  }
  const DeviceWay* way = way_to(segment.destination.address);
  if (way == nullptr) return refuse(EHOSTUNREACH);
  const auto to = begin_frame(*way, net::kMaxHeaders + segment.payload_length);
  end_frame(net::write_packet(segment, payload, identification_++, to), net::SegmentRun(segment));
}

bool DeviceInjector::full() const { return batch_->count == kBatch; }

void DeviceInjector::send_packet(Bytes packet, const Address& destination) {
  const DeviceWay* way = way_to(destination);
  if (way == nullptr) return refuse(EHOSTUNREACH);
  const auto to = begin_frame(*way, packet.size());
  std::copy(packet.begin(), packet.end(), to.begin());
  end_frame(packet.size(), net::SegmentRun(ReplaySegment()));
}

// Returns room for the IP packet.
std::span<std::byte> DeviceInjector::begin_frame(const DeviceWay& way, std::size_t room) {
  const std::span<std::byte> to = batch_->reserve(kPacketAt + room);
  std::fill_n(to.begin(), sizeof(CutHeader), std::byte{0});
  ether_header ethernet{};
  std::memcpy(&ethernet.ether_dhost, way.destination.octets.data(), ETH_ALEN);
  std::memcpy(&ethernet.ether_shost, way.source.octets.data(), ETH_ALEN);
  ethernet.ether_type = htons(ETHERTYPE_IP);
  std::memcpy(&to[sizeof(CutHeader)], &ethernet, sizeof ethernet);
  batch_->frames[batch_->count].way = &way;
  return to.subspan(kPacketAt);
}

void DeviceInjector::end_frame(std::size_t packet_size, const net::SegmentRun& run) {
  Batch::Frame& frame = batch_->frames[batch_->count++];
  frame.begin = batch_->used;
  frame.size = kPacketAt + packet_size;
  frame.run = run;
  batch_->used += frame.size;
}

// The last frame stands at the end of the buffer, so it can grow.
void DeviceInjector::add_to_run(std::span<const Bytes> payload) {
  Batch& batch = *batch_;
  Batch::Frame& frame = batch.frames[batch.count - 1];
  for (const Bytes piece : payload) {
    if (piece.empty()) continue;
    std::memcpy(batch.reserve(piece.size()).data(), piece.data(), piece.size());
    batch.used += piece.size();
    frame.size += piece.size();
  }
}

// Fills in what the kernel is told of a frame, now that the buffer does not move any more.
void DeviceInjector::prepare(std::size_t index) {
  Batch& batch = *batch_;
  const Batch::Frame& frame = batch.frames[index];
  const std::span<std::byte> bytes = std::span(batch.bytes).subspan(frame.begin, frame.size);
  if (frame.run.count() > 1) {
    const std::span<std::byte> packet = bytes.subspan(kPacketAt);
    frame.run.finish(packet);
    const auto tcp_header = static_cast<std::uint16_t>(
        std::to_integer<unsigned>(packet[net::kIpv4HeaderSize + 12]) >> 4U << 2U);
    CutHeader cut;
    cut.flags = kNeedsChecksum;
    cut.type = kCutsTcpOverIpv4;
    cut.checksum_start = ETH_HLEN + net::kIpv4HeaderSize;
    cut.checksum_offset = kTcpChecksumAt;
    cut.headers = static_cast<std::uint16_t>(cut.checksum_start + tcp_header);
    cut.segment_size = frame.run.segment_size();
    std::memcpy(bytes.data(), &cut, sizeof cut);
  }
  sockaddr_ll& address = batch.addresses[index];
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETHERTYPE_IP);
  address.sll_ifindex = frame.way->device;
  address.sll_halen = ETH_ALEN;
  std::memcpy(&address.sll_addr, frame.way->destination.octets.data(), ETH_ALEN);
  batch.vectors[index] = {bytes.data(), bytes.size()};
  msghdr& header = batch.messages[index].msg_hdr;
  header.msg_name = &address;
  header.msg_namelen = sizeof address;
  header.msg_iov = &batch.vectors[index];
  header.msg_iovlen = 1;
}

void DeviceInjector::flush() {
  Batch& batch = *batch_;
  for (std::size_t i = 0; i < batch.count; ++i)
    prepare(i);
  send_batch(
      fd_.get(), std::span(batch.messages).first(batch.count),
      [&](std::size_t index) {
        const std::uint32_t segments = batch.frames[index].run.count();
        counters_.packets += segments;
        counters_.merged += segments - 1;
      },
      [&](std::size_t index, int error) { refuse(error, batch.frames[index].run.count()); });
  batch.count = 0;
  batch.used = 0;
}

}  // namespace tcpcopy::inject
