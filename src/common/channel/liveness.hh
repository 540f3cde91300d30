// SPDX-License-Identifier: BSD-3-Clause
// Whether the other end of a link lives, from version 7 on: each says so once a second, and one of
// whom nothing came for 3 s is given up. Each message also says when the last one of the other end
// came, so both know how long the way there and back is, and how their clocks differ: as NTP does
// it (RFC 5905, 8).
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "common/wire/message.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::channel {

class Liveness {
 public:
  static constexpr Duration kPeriod = std::chrono::seconds(1);
  static constexpr Duration kPatience = std::chrono::seconds(3);
  /// Nothing that a link brings waits for longer: what seems older, or younger, is nonsense.
  static constexpr Duration kOldest = std::chrono::minutes(1);

  /// Both ends speak version 7 now.
  void begin(Instant now);
  bool begun() const { return next_at_ != kNever; }

  /// Something came, whatever it was.
  void on_heard(Instant now) { heard_at_ = now; }
  void on_alive(const wire::Alive& alive, Instant now);

  /// @return what is to be said, when its time has come.
  std::optional<wire::Alive> take_due(Instant now);
  /// Nothing came for too long.
  bool dead(Instant now) const { return begun() && now >= heard_at_ + kPatience; }
  /// When take_due() or dead() will next say something.
  Instant next_deadline() const;

  /// What this end has seen, to be told with the next message.
  void set_seen(const wire::Seen& seen) { seen_ = seen; }
  /// What the other end has seen.
  const wire::Seen& peers_seen() const { return peers_seen_; }

  /// How long the way there and back takes, at the last message that told; nothing before.
  std::optional<Duration> round_trip() const { return round_trip_; }
  /// The other end's clock minus ours, half a round trip more or less; nothing before. It is that
  /// of the last messages which was under way for the shortest time.
  std::optional<Duration> clock_offset() const { return clock_offset_; }
  /// How long ago something was by the other end's clock. Nothing where that cannot be told.
  /// @param then by that clock: hostile; the epoch: it does not say.
  std::optional<Duration> age(Instant then, Instant now) const;

 private:
  struct Comparison {
    Instant at;
    Duration round_trip{0};
    Duration offset{0};
  };

  void note(const Comparison& comparison);

  Instant next_at_ = kNever;  // when to say something
  Instant heard_at_;
  Instant alive_sent_at_;  // of the other end's last message, by its clock
  Instant alive_heard_at_;
  wire::Seen seen_;
  wire::Seen peers_seen_;
  std::optional<Duration> round_trip_;
  std::optional<Duration> clock_offset_;
  std::array<Comparison, 8> comparisons_;  // the last ones, in turn
  std::size_t compared_ = 0;               // so far
};

}  // namespace tcpcopy::channel
