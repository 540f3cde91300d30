// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/inject/device_way.hh"

#include <fmt/format.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "common/runtime/errors.hh"
#include "tcpcopy/inject/path_lookup.hh"

namespace tcpcopy::inject {
namespace {

using runtime::UsageError;

constexpr int kAskings = 20;  // for a neighbour, at the start
constexpr int kAskingPauseMs = 50;

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

// The hardware address of the next hop, for which the kernel asks.
MacAddress ask_for(const DeviceWay& way, const std::string& device) {
  for (int i = 0; i < kAskings; ++i) {
    if (const auto found = neighbour(way.device, way.next_hop)) return *found;
    if (i == 0) ask_for_neighbour(way.next_hop);
    ::poll(nullptr, 0, kAskingPauseMs);
  }
  throw UsageError(
      fmt::format("--send link: nobody answers to ARP for {} on {}; give the hardware address of "
                  "the next hop to {} behind @ in -x",
                  way.next_hop.to_string(), device, way.target.to_string()));
}

}  // namespace

DeviceWay find_device_way(int fd, const DeviceTarget& target, int device) {
  DeviceWay way;
  way.target = target.address;
  const auto route = route_to(target.address, device);
  if (route) {
    way.device = route->device;
    way.next_hop = route->next_hop;
  } else if (device != 0 && target.next_hop) {
    way.device = device;
  } else {
    throw UsageError(fmt::format("--send link: there is no route to {0}; `ip route get {0}` tells",
                                 target.address.to_string()));
  }
  const std::string name = device_name(way.device);
  way.source = target.source.value_or(own_address(fd, name));
  way.cuts = cuts_segments(fd, name);
  if (target.next_hop || (route && route->loopback)) {
    way.destination = target.next_hop.value_or(MacAddress());
    return way;
  }
  way.asks = true;
  way.destination = ask_for(way, name);
  return way;
}

void refresh_neighbour(DeviceWay& way) {
  if (!way.asks) return;
  // What the kernel forgot stays in use here until somebody answers again.
  const auto found = neighbour(way.device, way.next_hop);
  if (found && *found != way.destination) {
    spdlog::info("--send link: {} has a new hardware address, {}", way.next_hop.to_string(),
                 found->to_string());
    way.destination = *found;
  }
  ask_for_neighbour(way.next_hop);  // this traffic itself keeps nothing fresh
}

}  // namespace tcpcopy::inject
