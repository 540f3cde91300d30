// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "tcpcopy/address.hh"

namespace tcpcopy::inject {

/// @return the MTU of this host's route to the address, in bytes; `fallback` when it cannot be
/// told.
std::uint16_t path_mtu(const Address& destination, std::uint16_t fallback);

}  // namespace tcpcopy::inject
