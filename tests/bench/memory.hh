// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <malloc.h>

#include <cstdint>

namespace tcpcopy::bench {

/// Bytes that the program has from the allocator, the allocator's own headers included.
inline std::uint64_t allocated() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace tcpcopy::bench
