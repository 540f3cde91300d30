// SPDX-License-Identifier: BSD-3-Clause
// The way to a target at the link layer: the device, and the hardware addresses of both ends.
#pragma once

#include <optional>

#include "tcpcopy/address.hh"
#include "tcpcopy/mac_address.hh"

namespace tcpcopy::inject {

/// A target, and what -x says about the way to it.
struct DeviceTarget {
  Address address;
  std::optional<MacAddress> source;    ///< none: the device's own
  std::optional<MacAddress> next_hop;  ///< none: looked up, and kept fresh
};

struct DeviceWay {
  Address target;
  Address next_hop;
  int device = 0;     ///< index
  bool cuts = false;  ///< the device cuts a run of segments (TCP segmentation offload)
  bool asks = false;  ///< the next hop's hardware address is the kernel's to know
  MacAddress source;
  MacAddress destination;
};

/// Looks route and neighbour up, for up to a second.
/// @param fd any socket.
/// @param device index of the one to be used; 0: that of the route.
/// Throws UsageError, which says what to do, when there is no way.
DeviceWay find_device_way(int fd, const DeviceTarget& target, int device);

/// Takes up what the kernel has learnt of the next hop meanwhile, and has it ask again.
void refresh_neighbour(DeviceWay& way);

}  // namespace tcpcopy::inject
