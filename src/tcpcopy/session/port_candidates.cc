// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/port_candidates.hh"

namespace tcpcopy::session {
namespace {

constexpr std::uint32_t kPorts = 65536 - PortCandidates::kFirst;

}  // namespace

PortCandidates::PortCandidates(const Endpoint& client)
    : state_((client.address.is_v4() ? client.address.v4_bits() : 0U) * 2654435761U + client.port),
      own_(client.port) {}

std::optional<std::uint16_t> PortCandidates::next() {
  if (tries_ == kMaxTries) return std::nullopt;
  if (tries_++ == 0 && own_ != 0) return own_;
  // A linear congruential sequence with full period (Numerical Recipes' constants); its high bits.
  state_ = state_ * 1664525U + 1013904223U;
  return static_cast<std::uint16_t>(kFirst + (state_ >> 8U) % kPorts);
}

}  // namespace tcpcopy::session
