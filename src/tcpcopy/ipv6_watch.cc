// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/ipv6_watch.hh"

#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <exception>

#include "common/runtime/packet_filter.hh"

namespace tcpcopy::replayer {
namespace {

constexpr std::size_t kPortAt = 40 + 2;  // RFC 8200, 3: the header; then TCP's or UDP's second word

// A socket of this protocol alone sees no IPv4 packet, and none that this host sends.
runtime::UniqueFd open_watch(const std::string& filter) {
  runtime::UniqueFd fd(::socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return {};
  const int smallest = 0;  // one packet is enough: the kernel drops what has no room
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest);
  runtime::attach_filter(fd.get(), filter);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_IPV6);
  const void* generic = &address;
  if (::bind(fd.get(), static_cast<const sockaddr*>(generic), sizeof address) != 0) return {};
  return fd;
}

}  // namespace

std::string ipv6_filter(const options::Options& options) {
  std::string ports;
  for (const TargetRule& rule : options.rules)
    ports += fmt::format("{}dst port {}", ports.empty() ? "" : " or ", rule.online_port);
  return fmt::format("ip6 and {} and ({})", options.capture.udp ? "udp" : "tcp", ports);
}

Ipv6Watch::Ipv6Watch(runtime::EventLoop& loop, const options::Options& options) {
  if (options.capture.way == capture::Settings::Way::kFile) return;
  try {
    fd_ = open_watch(ipv6_filter(options));
    if (fd_) watch_ = loop.watch(fd_.get(), EPOLLIN, [this](std::uint32_t) { on_packet(); });
  } catch (const std::exception&) {
    fd_.reset();  // a warning is not worth a start
  }
}

void Ipv6Watch::on_packet() {
  std::array<unsigned char, kPortAt + 2> packet{};
  const ssize_t size = ::recv(fd_.get(), packet.data(), packet.size(), MSG_DONTWAIT);
  if (size == static_cast<ssize_t>(packet.size())) {
    spdlog::warn(
        "clients come over IPv6, to port {}: they are not replayed, only those over IPv4 are",
        packet[kPortAt] << 8U | packet[kPortAt + 1]);
  }
  end();
}

void Ipv6Watch::end() {
  watch_.reset();
  fd_.reset();
}

}  // namespace tcpcopy::replayer
