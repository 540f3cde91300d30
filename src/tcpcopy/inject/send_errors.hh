// SPDX-License-Identifier: BSD-3-Clause
// Why the kernel does not take a packet, by kind: each is counted, and explained once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcpcopy::inject {

enum class SendError : std::uint8_t {
  kNotPermitted,  ///< EPERM, EACCES: a firewall's rule
  kNoRoom,        ///< ENOBUFS, EAGAIN: the socket's or the device's queue is full
  kTooLong,       ///< EMSGSIZE: longer than the device's MTU
  kUnreachable,   ///< EHOSTUNREACH, ENETUNREACH: no route, or nobody answers to ARP
  kDeviceDown,    ///< ENETDOWN, ENODEV, ENXIO
  kOther,
};
inline constexpr std::size_t kSendErrors = 6;

/// @param error an errno value of a send.
SendError send_error(int error);

/// A name for log lines: `not-permitted`.
std::string_view to_string(SendError error);

/// What that means and what to do about it; one line.
std::string_view explanation(SendError error);

struct InjectCounters {
  std::uint64_t packets = 0;
  std::uint64_t merged = 0;  ///< of these: left in a frame together with the one before
  /// The kernel took them not; left to the engine's retransmission.
  std::array<std::uint64_t, kSendErrors> errors{};
};

}  // namespace tcpcopy::inject
