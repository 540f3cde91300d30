// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/sampling.hh"

namespace tcpcopy::session {
namespace {

// SplitMix64's finalizer: clients come in runs of addresses and ports, the share must not.
// Not absl's hash, which differs from run to run: the same clients are to be taken every time.
std::uint32_t draw_of(const Endpoint& client) {
  std::uint64_t bits = client.address.is_v4() ? client.address.v4_bits() : 0U;
  bits = (bits << 16U | client.port) + 0x9e3779b97f4a7c15ULL;
  bits = (bits ^ bits >> 30U) * 0xbf58476d1ce4e5b9ULL;
  bits = (bits ^ bits >> 27U) * 0x94d049bb133111ebULL;
  return static_cast<std::uint32_t>((bits ^ bits >> 31U) >> 32U);
}

}  // namespace

bool Sampling::takes(const Endpoint& client, Instant now) const {
  const bool growing = now - start_ < ramp_;
  if (percent_ == 100 && !growing) return true;
  double share = percent_ / 100.0;
  if (growing)
    share *= static_cast<double>((now - start_).count()) / static_cast<double>(ramp_.count());
  constexpr double kDraws = 4294967296.0;  // 2^32
  return draw_of(client) < share * kDraws;
}

}  // namespace tcpcopy::session
