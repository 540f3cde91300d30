// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/inject/link_injector.hh"

#include <fmt/format.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "common/net/packet_writer.hh"
#include "common/net/segment_run.hh"
#include "common/runtime/errors.hh"
#include "tcpcopy/batch.hh"
#include "tcpcopy/inject/route_lookup.hh"

namespace tcpcopy::inject {
namespace {

using runtime::UsageError;

constexpr int kSendBuffer = 4 << 20;
constexpr int kRoomWaitMs = 2;  // at most once in a flush
constexpr int kAskings = 20;    // for a neighbour, at the start
constexpr int kAskingPauseMs = 50;
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

ifreq named(const std::string& device) {
  ifreq request{};
  device.copy(request.ifr_name, IFNAMSIZ - 1);
  return request;
}

std::string device_name(int index) {
  std::array<char, IF_NAMESIZE> name{};
  return ::if_indextoname(static_cast<unsigned>(index), name.data()) != nullptr ? name.data() : "?";
}

MacAddress own_address(int fd, const std::string& device) {
  ifreq request = named(device);
  if (::ioctl(fd, SIOCGIFHWADDR, &request) != 0) {
    throw UsageError(fmt::format("-o {}: {}", device, runtime::error_text(errno)));
  }
  const auto type = request.ifr_hwaddr.sa_family;
  if (type != ARPHRD_ETHER && type != ARPHRD_LOOPBACK) {
    throw UsageError(
        fmt::format("-o {}: is no Ethernet device; use --send raw for this target", device));
  }
  MacAddress address;
  std::memcpy(address.octets.data(), request.ifr_hwaddr.sa_data, address.octets.size());
  return address;
}

// The kernel would cut a run for a device that cannot, but not for a packet that bypasses the
// queueing discipline: that it drops.
bool cuts_segments(int fd, const std::string& device) {
  ethtool_value value{ETHTOOL_GTSO, 0};
  ifreq request = named(device);
  request.ifr_data = static_cast<char*>(static_cast<void*>(&value));
  return ::ioctl(fd, SIOCETHTOOL, &request) == 0 && value.data != 0;
}

}  // namespace

struct LinkInjector::Way {
  Target target;
  Address next_hop;
  int device = 0;
  bool cuts = false;
  bool asks = false;  // the next hop's address is the kernel's to know
  MacAddress source;
  MacAddress destination;
};

struct LinkInjector::Batch {
  struct Frame {
    std::size_t begin = 0;
    std::size_t size = 0;
    const Way* way = nullptr;
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

LinkInjector::LinkInjector(const std::string& device, const std::vector<Target>& targets)
    : fd_(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      batch_(std::make_unique<Batch>()) {
  if (!fd_) {
    throw runtime::SystemError(
        "cannot open a packet socket for sending: " + runtime::error_text(errno) +
        "; run as root, or grant the capability: setcap cap_net_raw=ep <path of tcpcopy>");
  }
  const int on = 1;
  if (::setsockopt(fd_.get(), SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0) {
    throw runtime::SystemError("PACKET_VNET_HDR: " + runtime::error_text(errno));
  }
  if (::setsockopt(fd_.get(), SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) != 0) {
    spdlog::warn("--send link: this kernel lets no packet bypass the queueing discipline");
  }
  if (::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUFFORCE, &kSendBuffer, sizeof kSendBuffer) != 0) {
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
  }
  const int index = device.empty() ? 0 : static_cast<int>(::if_nametoindex(device.c_str()));
  if (!device.empty() && index == 0) {
    throw UsageError("-o " + device + ": there is no such device; `ip link` lists them");
  }
  for (const Target& target : targets) {
    if (way_to(target.address) != nullptr) continue;
    Way& way = ways_.emplace_back();
    way.target = target;
    find_way(way, index);
  }
}

LinkInjector::~LinkInjector() = default;

void LinkInjector::find_way(Way& way, int device) const {
  const auto route = route_to(way.target.address, device);
  if (route) {
    way.device = route->device;
    way.next_hop = route->next_hop;
  } else if (device != 0 && way.target.next_hop) {
    way.device = device;
  } else {
    throw UsageError(fmt::format("--send link: there is no route to {}; `ip route get {}` tells",
                                 way.target.address.to_string(), way.target.address.to_string()));
  }
  const std::string name = device_name(way.device);
  way.source = way.target.source.value_or(own_address(fd_.get(), name));
  way.cuts = cuts_segments(fd_.get(), name);
  if (way.target.next_hop || (route && route->loopback)) {
    way.destination = way.target.next_hop.value_or(MacAddress());
    return;
  }
  way.asks = true;
  for (int i = 0; i < kAskings; ++i) {
    if (const auto found = neighbour(way.device, way.next_hop)) {
      way.destination = *found;
      return;
    }
    if (i == 0) ask_for_neighbour(way.next_hop);
    ::poll(nullptr, 0, kAskingPauseMs);
  }
  throw UsageError(
      fmt::format("--send link: nobody answers to ARP for {} on {}; give the hardware address of "
                  "the next hop to {} behind @ in -x",
                  way.next_hop.to_string(), name, way.target.address.to_string()));
}

LinkInjector::Way* LinkInjector::way_to(const Address& target) {
  const auto found = std::find_if(ways_.begin(), ways_.end(),
                                  [&](const Way& way) { return way.target.address == target; });
  return found == ways_.end() ? nullptr : &*found;
}

void LinkInjector::refresh() {
  for (Way& way : ways_) {
    if (!way.asks) continue;
    // What the kernel forgot stays in use here until somebody answers again.
    const auto found = neighbour(way.device, way.next_hop);
    if (found && *found != way.destination) {
      spdlog::info("--send link: {} has a new hardware address, {}", way.next_hop.to_string(),
                   found->to_string());
      way.destination = *found;
    }
    ask_for_neighbour(way.next_hop);  // this traffic itself keeps nothing fresh
  }
}

void LinkInjector::send(const ReplaySegment& segment, std::span<const Bytes> payload) {
  Batch& batch = *batch_;
  if (batch.count > 0) {
    Batch::Frame& last = batch.frames[batch.count - 1];
    if (last.way->cuts && last.run.takes(segment)) {
      last.run.add(segment);
      add_to_run(payload);
      return;
    }
  }
  const Way* way = way_to(segment.destination.address);
  if (way == nullptr) return refuse(EHOSTUNREACH);
  const auto to = begin_frame(*way, net::kMaxHeaders + segment.payload_length);
  end_frame(net::write_packet(segment, payload, identification_++, to), net::SegmentRun(segment));
}

void LinkInjector::put(Bytes packet, const Address& destination) {
  const Way* way = way_to(destination);
  if (way == nullptr) return refuse(EHOSTUNREACH);
  const auto to = begin_frame(*way, packet.size());
  std::copy(packet.begin(), packet.end(), to.begin());
  end_frame(packet.size(), net::SegmentRun(ReplaySegment()));
}

// Returns room for the IP packet.
std::span<std::byte> LinkInjector::begin_frame(const Way& way, std::size_t room) {
  if (batch_->count == kBatch) flush();
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

void LinkInjector::end_frame(std::size_t packet_size, const net::SegmentRun& run) {
  Batch::Frame& frame = batch_->frames[batch_->count++];
  frame.begin = batch_->used;
  frame.size = kPacketAt + packet_size;
  frame.run = run;
  batch_->used += frame.size;
}

// The last frame stands at the end of the buffer, so it can grow.
void LinkInjector::add_to_run(std::span<const Bytes> payload) {
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
void LinkInjector::prepare(std::size_t index) {
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

void LinkInjector::flush() {
  Batch& batch = *batch_;
  for (std::size_t i = 0; i < batch.count; ++i)
    prepare(i);
  std::size_t at = 0;
  bool waited = false;
  while (at < batch.count) {
    const int sent = ::sendmmsg(fd_.get(), &batch.messages[at],
                                static_cast<unsigned>(batch.count - at), MSG_DONTWAIT);
    for (int i = 0; i < sent; ++i) {
      const std::uint32_t segments = batch.frames[at++].run.count();
      counters_.packets += segments;
      counters_.merged += segments - 1;
    }
    if (sent > 0 || errno == EINTR) continue;
    if (errno == EAGAIN && !waited) {  // the socket's own queue: the device empties it soon
      waited = true;
      pollfd writable{fd_.get(), POLLOUT, 0};
      if (::poll(&writable, 1, kRoomWaitMs) == 1) continue;
    }
    refuse(errno, batch.frames[at++].run.count());  // this frame alone
  }
  batch.count = 0;
  batch.used = 0;
}

}  // namespace tcpcopy::inject
