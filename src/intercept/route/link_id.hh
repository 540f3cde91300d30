// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace tcpcopy::route {

/// Names a link; never used again after the link was closed.
using LinkId = std::uint32_t;

/// The name of no link.
inline constexpr LinkId kNoLink = 0;

}  // namespace tcpcopy::route
