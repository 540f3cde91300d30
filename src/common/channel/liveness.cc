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
  const auto offset = static_cast<Duration::rep>(static_cast<std::uint64_t>(there.count()) -
                                                 static_cast<std::uint64_t>(sum / 2));
  note({now, *round_trip_, Duration(offset)});
}

// Where a message waited on one way only, the offset errs by half of that, so the quickest of the
// last ones counts (RFC 5905, 10: the clock filter). An older one errs by what the clocks have
// drifted apart since: 15 ppm, as there.
void Liveness::note(const Comparison& comparison) {
  comparisons_[compared_++ % comparisons_.size()] = comparison;
  const auto error = [&](const Comparison& one) {
    return one.round_trip / 2 + (comparison.at - one.at) / 65536;
  };
  const auto count = static_cast<std::ptrdiff_t>(std::min(compared_, comparisons_.size()));
  const auto best = std::min_element(
      comparisons_.begin(), comparisons_.begin() + count,
      [&](const Comparison& a, const Comparison& b) { return error(a) < error(b); });
  clock_offset_ = best->offset;
}

std::optional<Duration> Liveness::age(Instant then, Instant now) const {
  if (!clock_offset_ || then == Instant()) return std::nullopt;
  const auto age =
      static_cast<Duration::rep>(static_cast<std::uint64_t>(between(then, now).count()) +
                                 static_cast<std::uint64_t>(clock_offset_->count()));
  if (age > Duration(kOldest).count() || age < -Duration(kOldest).count()) return std::nullopt;
  return Duration(std::max<Duration::rep>(age, 0));  // the clocks are not compared that well
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
