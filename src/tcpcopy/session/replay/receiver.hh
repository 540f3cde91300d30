// SPDX-License-Identifier: BSD-3-Clause
// The receiving half of a TCP towards the target: what has arrived, and when to acknowledge it.
//
// The responses' bytes are gone; only their positions count. Nothing is acknowledged that was not
// seen, so the target repairs what was lost between it and the intercept. When an ack leaves:
//   - at once for a segment out of order, for one that fills a gap and for one seen before
//     (RFC 5681, 4.2), and for a FIN;
//   - from a near client as Linux would: for every second full segment, else after kDelayedAck,
//     and before that with the next data;
//   - from a far client one round trip after the segment, because that is when a real client's
//     ack would arrive.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "tcpcopy/segment.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::session {

class Receiver {
 public:
  /// How the client would acknowledge.
  struct Habit {
    Duration rtt{0};        ///< its round trip, to be imitated
    std::uint32_t mss = 0;  ///< payload bytes of a full segment
  };

  /// Takes a segment of the target, whose first byte stands at 0.
  /// @return whether it brought anything that had not been seen.
  bool on_segment(TargetOffset at, std::uint32_t length, bool fin, const Habit& habit, Instant now);

  /// An ack must leave at this time, if no data carries it before.
  void acknowledge_by(Instant when) { ack_due_ = std::min(ack_due_, when); }
  Instant ack_due() const { return ack_due_; }

  /// What the next segment acknowledges.
  TargetOffset ack(Instant now) const;
  void on_ack_sent(Instant now);

  /// In order: everything before it has arrived. The FIN counts one.
  TargetOffset rcv_nxt() const { return rcv_nxt_; }
  /// The end of what has arrived in any order.
  TargetOffset highest() const { return has_gap() ? gap_->ranges.back().end : rcv_nxt_; }
  bool has_gap() const { return gap_ != nullptr; }
  TargetOffset last_ack_sent() const { return last_ack_sent_; }
  bool fin_received() const { return fin_at_ && rcv_nxt_ > *fin_at_; }

  struct Range {
    TargetOffset begin;
    TargetOffset end;
  };
  /// What arrived beyond a gap, the latest first (RFC 2018, 4).
  struct Gaps {
    std::array<Range, kMaxSackBlocks - 1> blocks;  // one less: timestamps take its room
    std::uint8_t count = 0;
  };
  Gaps sack_blocks() const;

 private:
  // A far client's acks on their way: what was received, and when its ack would arrive.
  struct Pending {
    Instant due;
    TargetOffset upto;
  };

  // What has arrived beyond a gap.
  struct Gap {
    std::vector<Range> ranges;  // beyond rcv_nxt_: disjoint, in order, never empty
    TargetOffset latest;        // begin of the segment that came out of order last
  };

  bool store(Range range);
  void advance();
  void schedule_ack(std::uint32_t length, const Habit& habit, Instant now);

  TargetOffset rcv_nxt_;
  TargetOffset last_ack_sent_{-1};
  MaybeOffset<space::Target> fin_at_;
  std::unique_ptr<Gap> gap_;                       // most connections never have one
  std::unique_ptr<std::vector<Pending>> pending_;  // null: none
  Instant ack_due_ = kNever;
  std::uint32_t unacked_bytes_ = 0;
  bool all_visible_ = false;  // an ack at once shows all that was received
};

}  // namespace tcpcopy::session
