// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/port_candidates.hh"

namespace tcpcopy::session {
namespace {

constexpr std::uint32_t kPorts = 65536 - PortCandidates::kFirst;
constexpr std::uint32_t kCopyDistance = 32;
constexpr std::uint32_t kGroupDistance = 2048;

std::uint16_t moved(std::uint32_t port, std::uint32_t shift) {
  port += shift;
  if (port > 65535) port = PortCandidates::kFirst + (port - 65536) % kPorts;
  return static_cast<std::uint16_t>(port);
}

}  // namespace

std::uint32_t port_shift(const Settings& settings, std::uint16_t copy) {
  if (copy == 0 && settings.port_group == 0) return 0;
  const std::uint32_t of_copy = copy == 0 ? 0 : kCopyDistance * (2U * copy - 1);
  return of_copy + kGroupDistance * settings.port_group + settings.port_salt;
}

PortCandidates::PortCandidates(const Endpoint& client, std::uint32_t shift)
    : state_((client.address.is_v4() ? client.address.v4_bits() : 0U) * 2654435761U + client.port +
             shift),
      preferred_(moved(client.port, shift)) {}

std::optional<std::uint16_t> PortCandidates::next() {
  if (tries_ == kMaxTries) return std::nullopt;
  if (tries_++ == 0 && preferred_ != 0) return preferred_;
  // A linear congruential sequence with full period (Numerical Recipes' constants); its high bits.
  state_ = state_ * 1664525U + 1013904223U;
  return static_cast<std::uint16_t>(kFirst + (state_ >> 8U) % kPorts);
}

}  // namespace tcpcopy::session
