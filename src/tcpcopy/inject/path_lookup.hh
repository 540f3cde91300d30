// SPDX-License-Identifier: BSD-3-Clause
// What the kernel knows of the way to an address: the route, and the neighbour on it (netlink).
#pragma once

#include <optional>

#include "tcpcopy/address.hh"
#include "tcpcopy/mac_address.hh"

namespace tcpcopy::inject {

struct Route {
  int device = 0;         ///< index of the device that packets leave through
  Address next_hop;       ///< the gateway, or the destination itself
  bool loopback = false;  ///< the destination is this host
};

/// @param device index of the device to be used; 0: any.
/// @return nothing when there is no route.
std::optional<Route> route_to(const Address& destination, int device);

/// @return the hardware address of a neighbour; nothing when the kernel does not know it (now).
std::optional<MacAddress> neighbour(int device, const Address& next_hop);

/// Makes the kernel ask for a neighbour's hardware address, or confirm the one that it has: sends
/// it an empty datagram to port 9, discard (RFC 863).
void ask_for_neighbour(const Address& next_hop);

}  // namespace tcpcopy::inject
