// SPDX-License-Identifier: BSD-3-Clause
#include "common/channel/liveness.hh"

#include <algorithm>
#include <cstdint>

namespace tcpcopy::channel {
namespace {

// The other end's times may be anything; differences of them wrap instead of overflowing.
Duration between(Instant from, Instant to) {
  const auto bits = [](Instant time) {
    return static_cast<std::uint64_t>(time.time_since_epoch().count());
  };
  return Duration(static_cast<Duration::rep>(bits(to) - bits(from)));
}

}  // namespace

void Liveness::begin(Instant now) {
  next_at_ = now;  // the first message at once: so the clocks are compared soon
  heard_at_ = now;
}

void Liveness::on_alive(const wire::Alive& alive, Instant now) {
  peers_seen_ = alive.seen;
  alive_sent_at_ = alive.sent_at;
  alive_heard_at_ = now;
  if (alive.heard == Instant()) return;
  const Duration there = between(alive.heard, alive.heard_at);
  const Duration back = between(alive.sent_at, now);
  const auto sum = static_cast<Duration::rep>(static_cast<std::uint64_t>(there.count()) +
                                              static_cast<std::uint64_t>(back.count()));
  // More than a link lives through, or less than nothing, is nonsense.
  if (sum < 0 || sum > Duration(kPatience).count()) return;
  round_trip_ = Duration(sum);
  clock_offset_ = Duration(static_cast<Duration::rep>(static_cast<std::uint64_t>(there.count()) -
                                                      static_cast<std::uint64_t>(sum / 2)));
}

std::optional<wire::Alive> Liveness::take_due(Instant now) {
  if (now < next_at_) return std::nullopt;
  next_at_ = now + kPeriod;
  return wire::Alive{now, alive_sent_at_, alive_heard_at_, seen_};
}

Instant Liveness::next_deadline() const {
  return begun() ? std::min(next_at_, heard_at_ + kPatience) : kNever;
}

}  // namespace tcpcopy::channel
