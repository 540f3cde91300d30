// SPDX-License-Identifier: BSD-3-Clause
// What options say of devices and files that libpcap reads.
#pragma once

#include <cstdint>

namespace tcpcopy::pcap {

/// Of packets, as this host sees them.
enum class Direction : std::uint8_t { kIn, kOut, kBoth };

/// Stands for standard input in place of a file's path.
inline constexpr const char* kStandardInput = "-";

}  // namespace tcpcopy::pcap
