// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/replay/receiver.hh"

#include <algorithm>

#include "tcpcopy/session/limits.hh"

namespace tcpcopy::session {
namespace {

// What does not fit is dropped, and comes again because it is not acknowledged.
constexpr std::size_t kMaxRanges = 32;
constexpr std::size_t kMaxPending = 64;

}  // namespace

bool Receiver::on_segment(TargetOffset at, std::uint32_t length, bool fin, const Habit& habit,
                          Instant now) {
  if (length == 0 && !fin) {
    // A keep-alive probe stands one before what is expected and wants an answer (RFC 9293, 3.8.4).
    if (at < rcv_nxt_) acknowledge_by(now);
    return false;
  }
  if (fin && !fin_at_) fin_at_ = at + length;
  const Range range{std::max(at, rcv_nxt_), at + length + (fin ? 1 : 0)};
  const bool in_order = at <= rcv_nxt_;
  const bool had_gap = has_gap();
  if (range.end <= range.begin || !store(range)) {
    all_visible_ = true;
    acknowledge_by(now);
    return false;
  }
  advance();
  if (!in_order && has_gap()) gap_->latest = at;
  if (!in_order || had_gap || fin) {
    all_visible_ = true;
    acknowledge_by(now);
  } else {
    schedule_ack(length, habit, now);
  }
  return true;
}

// Keeps ranges_ disjoint and in order. Returns whether the range was news and found room.
bool Receiver::store(Range range) {
  if (!has_gap()) {
    if (range.begin == rcv_nxt_) {  // the usual case
      rcv_nxt_ = range.end;
    } else {
      gap_ = std::make_unique<Gap>(Gap{{range}, range.begin});
    }
    return true;
  }
  std::vector<Range>& ranges = gap_->ranges;
  const auto first = std::find_if(ranges.begin(), ranges.end(),
                                  [&](const Range& r) { return r.end >= range.begin; });
  const auto last =
      std::find_if(first, ranges.end(), [&](const Range& r) { return r.begin > range.end; });
  if (first != last) {
    if (first->begin <= range.begin && range.end <= first->end) return false;
    range.begin = std::min(range.begin, first->begin);
    range.end = std::max(range.end, std::prev(last)->end);
  } else if (ranges.size() >= kMaxRanges && range.begin > rcv_nxt_) {
    return false;
  }
  ranges.insert(ranges.erase(first, last), range);
  return true;
}

void Receiver::advance() {
  if (!has_gap()) return;
  std::vector<Range>& ranges = gap_->ranges;
  while (!ranges.empty() && ranges.front().begin <= rcv_nxt_) {
    rcv_nxt_ = std::max(rcv_nxt_, ranges.front().end);
    ranges.erase(ranges.begin());
  }
  if (ranges.empty()) gap_.reset();
}

void Receiver::schedule_ack(std::uint32_t length, const Habit& habit, Instant now) {
  unacked_bytes_ += length;
  const bool second_full_segment = unacked_bytes_ >= 2 * habit.mss;
  const Instant arrival = now + habit.rtt;
  const Instant due = second_full_segment ? arrival : arrival + kDelayedAck;
  if (habit.rtt < kNearRtt) {
    acknowledge_by(second_full_segment ? now : due);
    return;
  }
  // Acks of segments that arrived close together leave together.
  if (!pending_) pending_ = std::make_unique<std::vector<Pending>>();
  const bool merge = !pending_->empty() && (pending_->size() >= kMaxPending ||
                                            due - pending_->back().due < habit.rtt / 32);
  if (merge) {
    pending_->back().upto = rcv_nxt_;
  } else {
    pending_->push_back({arrival, rcv_nxt_});
  }
  if (second_full_segment) unacked_bytes_ = 0;
  acknowledge_by(due);
}

TargetOffset Receiver::ack(Instant now) const {
  if (!pending_ || all_visible_) return rcv_nxt_;
  TargetOffset visible = std::max(last_ack_sent_, TargetOffset(0));
  for (const Pending& pending : *pending_) {
    if (pending.due > now) break;
    visible = std::max(visible, pending.upto);
  }
  return visible;
}

void Receiver::on_ack_sent(Instant now) {
  last_ack_sent_ = std::max(last_ack_sent_, ack(now));
  if (pending_) {
    std::erase_if(*pending_, [&](const Pending& pending) { return pending.due <= now; });
    if (all_visible_ || pending_->empty()) pending_.reset();
  }
  all_visible_ = false;
  unacked_bytes_ = 0;
  ack_due_ = pending_ ? pending_->front().due : kNever;
}

Receiver::Gaps Receiver::sack_blocks() const {
  Gaps gaps;
  if (!has_gap()) return gaps;
  const std::vector<Range>& ranges = gap_->ranges;
  const auto holds_latest = [&](const Range& range) {
    return range.begin <= gap_->latest && gap_->latest < range.end;
  };
  const auto latest = std::find_if(ranges.begin(), ranges.end(), holds_latest);
  if (latest != ranges.end()) gaps.blocks[gaps.count++] = *latest;
  for (auto range = ranges.begin(); range != ranges.end(); ++range) {
    if (range == latest || gaps.count == gaps.blocks.size()) continue;
    gaps.blocks[gaps.count++] = *range;
  }
  return gaps;
}

}  // namespace tcpcopy::session
