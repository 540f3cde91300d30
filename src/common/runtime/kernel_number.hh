// SPDX-License-Identifier: BSD-3-Clause
// Settings and counts of the kernel: the files under /proc/sys that hold one number.
#pragma once

#include <cstdint>
#include <optional>

namespace tcpcopy::runtime {

/// @return nothing when there is no such file, or no number in it.
std::optional<std::uint64_t> kernel_number(const char* path);

}  // namespace tcpcopy::runtime
