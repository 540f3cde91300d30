// SPDX-License-Identifier: BSD-3-Clause
// What options say of the capture of clients' packets.
#pragma once

#include <cstdint>

namespace tcpcopy::capture {

/// --lose-captured: so many packets out of these are missed.
inline constexpr std::uint32_t kLoseOutOf = 100'000;

}  // namespace tcpcopy::capture
