// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/replay/sender.hh"

#include <algorithm>
#include <utility>

#include "tcpcopy/session/limits.hh"

namespace tcpcopy::session {
namespace {

constexpr std::uint8_t kMostDoublings = 6;  // of kMinRto: beyond kMaxRto

}  // namespace

std::uint32_t Sender::microseconds(Instant at) {
  using std::chrono::microseconds;
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<microseconds>(at.time_since_epoch()).count());
}

Duration Sender::since(std::uint32_t before, Instant now) {
  return ShortDuration(microseconds(now) - before);
}

void Sender::open(ReplayOffset first, std::uint32_t mss, std::uint32_t window) {
  const RttEstimator rtt = rtt_;
  *this = Sender();
  rtt_ = rtt;
  rtt_.end_back_off();
  mss_ = as_mss(mss);
  snd_una_ = snd_nxt_ = first;
  snd_wnd_ = max_snd_wnd_ = window;
  cwnd_ = kInitialWindowSegments * mss;
}

// The end of what recovery takes for lost: what a timeout or duplicate acks said, and what SACK
// blocks prove.
ReplayOffset Sender::lost_end() const {
  if (!recovering()) return snd_una_;
  ReplayOffset end = losses_->lost_to;
  const std::int64_t threshold = std::int64_t{kDuplicateAckThreshold - 1} * mss_ + 1;
  if (const auto sacked = losses_->scoreboard.lost_before(threshold)) end = std::max(end, *sacked);
  return std::min(end, snd_nxt_);
}

// An estimate of what is still in the network (RFC 6675, 4). Without SACK each duplicate ack
// stands for a segment that has left it, which gives the limited transmit of RFC 3042 and the
// inflation of RFC 5681 in one.
std::int64_t Sender::pipe() const {
  if (!losses_) return in_flight();
  std::int64_t gone = losses_->scoreboard.bytes();
  if (losses_->scoreboard.empty()) gone = std::int64_t{losses_->duplicate_acks} * mss_;
  gone += losses_->scoreboard.missing(std::max(losses_->high_rxt, snd_una_), lost_end());
  return std::max<std::int64_t>(0, in_flight() - gone);
}

Transmission Sender::cut(ReplayOffset begin, ReplayOffset end, bool again) const {
  const std::int64_t bytes_end = fin_at_ ? std::min(end, *fin_at_) - begin : end - begin;
  const std::int64_t length = std::clamp<std::int64_t>(bytes_end, 0, mss_);
  const bool fin = fin_at_ && begin + length == *fin_at_ && end > *fin_at_;
  return {begin, static_cast<std::uint32_t>(length), fin, again};
}

std::optional<Transmission> Sender::next_lost() {
  const auto hole =
      losses_->scoreboard.first_hole(std::max(losses_->high_rxt, snd_una_), lost_end());
  if (!hole) return std::nullopt;
  // Beyond a window that has shrunk only the left edge is sent (RFC 9293, 3.8.6).
  if (hole->begin >= window_end() && hole->begin > snd_una_) return std::nullopt;
  Transmission lost = cut(hole->begin, hole->end, true);
  losses_->high_rxt = lost.begin + lost.length + (lost.fin ? 1 : 0);
  timed_end_.reset();
  return lost;
}

std::optional<Transmission> Sender::next_new(const Offer& offer, Instant now) {
  if (fin_sent()) return std::nullopt;
  const std::int64_t room = window_end() - snd_nxt_;
  const std::int64_t available = offer.end - snd_nxt_;
  const std::int64_t usable = std::min(available, room);
  const bool only_fin = available <= 0 && offer.fin;
  if (room <= 0 || (usable <= 0 && !only_fin)) return std::nullopt;
  // Silly window avoidance (RFC 9293, 3.8.6.2.1): a cut segment waits while data is in flight.
  const bool cut_by_window = usable < available && usable < mss_;
  if (cut_by_window && in_flight() > 0 && usable < max_snd_wnd_ / 2) return std::nullopt;
  restart_after_idle(now);
  const std::int64_t length = std::clamp<std::int64_t>(usable, 0, mss_);
  if (offer.fin && available <= length && length < room) fin_at_ = offer.end;
  Transmission fresh = cut(snd_nxt_, snd_nxt_ + length + (fin_at_ ? 1 : 0), false);
  snd_nxt_ = snd_nxt_ + fresh.length + (fresh.fin ? 1 : 0);
  if (!timed_end_ && !recovering()) {
    timed_end_ = snd_nxt_;
    timed_at_ = microseconds(now);
  }
  return fresh;
}

Duration Sender::sent_ago(Instant now) const { return since(sent_at_, now); }

// What was learned of the path before a pause says little of what it bears now (RFC 5681, 4.1).
void Sender::restart_after_idle(Instant now) {
  if (in_flight() > 0 || since(sent_at_, now) <= rtt_.rto()) return;
  cwnd_ = std::min(cwnd_, kInitialWindowSegments * mss_);
}

// The window is closed and nothing is in flight to make the target speak.
bool Sender::waits_for_window(const Offer& offer) const {
  const bool has_more = offer.end > snd_nxt_ || (offer.fin && !fin_sent());
  return has_more && snd_wnd_ == 0 && in_flight() == 0;
}

std::optional<Transmission> Sender::next(const Offer& offer, Instant now) {
  if (std::exchange(probe_is_due_, false)) return Transmission{snd_una_ - 1};
  std::optional<Transmission> segment;
  // RFC 6675, 5, step 4.2, and RFC 6582, 3.2, step 3: the first one goes out in any case.
  if (losses_ && std::exchange(losses_->begins, false)) segment = next_lost();
  if (!segment && pipe() < cwnd_) {
    if (recovering()) segment = next_lost();
    if (!segment) segment = next_new(offer, now);
  }
  if (segment) sent_at_ = microseconds(now);
  if ((segment || waits_for_window(offer)) && deadline_ == kNever) restart_timer(now);
  return segment;
}

bool Sender::sack(ReplayRange range) {
  range.begin = std::max(range.begin, snd_una_);
  range.end = std::min(range.end, snd_nxt_);
  return losses().scoreboard.add(range);
}

Sender::Losses& Sender::losses() {
  if (!losses_) losses_ = std::make_unique<Losses>();
  return *losses_;
}

bool Sender::on_ack(const Ack& ack, Instant now) {
  if (ack.ack > snd_nxt_) return false;
  if (ack.ack < snd_una_) return true;  // old: overtaken on its way
  const bool same_window = ack.window == snd_wnd_;
  // RFC 9293, 3.10.7.4: `current` is the test of SND.WL1. That of SND.WL2 is passed here, because
  // an ack that is not old is no older than the one that brought the window.
  if (ack.current) take_window(ack.window, now);
  if (ack.ack > snd_una_) {
    on_new_ack(ack.ack, now);
  } else if (in_flight() > 0 && (ack.news || (ack.bare && same_window))) {
    on_duplicate_ack();
  }
  return true;
}

void Sender::take_window(std::uint32_t window, Instant now) {
  const bool opened = snd_wnd_ == 0 && window > 0;
  snd_wnd_ = window;
  max_snd_wnd_ = std::max(max_snd_wnd_, snd_wnd_);
  if (!opened) return;
  probes_ = 0;
  retransmit_all();  // what the closed window made the target drop
  deadline_ = kNever;
  if (in_flight() > 0) restart_timer(now);
}

void Sender::on_new_ack(ReplayOffset ack, Instant now) {
  const std::int64_t acked = ack - snd_una_;
  if (timed_end_ && ack >= *timed_end_) {
    rtt_.measure(since(timed_at_, now));
    timed_end_.reset();
  }
  snd_una_ = ack;
  if (losses_) advance_recovery(ack);
  if (!recovering() || cwnd_ < ssthresh_) grow_window(acked);
  deadline_ = kNever;
  if (in_flight() == 0) return;
  restart_timer(now);
  if (losses_ && losses_->scoreboard.reneged(ack)) {
    deadline_ = now + std::max(rtt_.srtt() / 2, kRenegingDelay);
  }
}

void Sender::advance_recovery(ReplayOffset ack) {
  losses_->scoreboard.advance(ack);
  losses_->duplicate_acks = 0;
  if (losses_->recovery_point && ack < *losses_->recovery_point) {
    // A partial ack: what follows it is lost too (RFC 6582, 3.2, step 3).
    losses_->high_rxt = std::max(losses_->high_rxt, ack);
    losses_->lost_to = std::max(losses_->lost_to, std::min(ack + mss_, snd_nxt_));
    losses_->begins = true;
    return;
  }
  losses_->recovery_point.reset();
  if (losses_->scoreboard.empty()) losses_.reset();
}

// RFC 5681, 3.1, with the byte counting of RFC 3465 (L = 2).
void Sender::grow_window(std::int64_t acked) {
  std::int64_t more = std::min<std::int64_t>(acked, 2 * std::int64_t{mss_});
  if (cwnd_ >= ssthresh_) {
    more = std::max<std::int64_t>(1, mss_ * std::min<std::int64_t>(acked, mss_) / cwnd_);
  }
  cwnd_ = static_cast<std::uint32_t>(std::min(cwnd_ + more, kMaxWindow));
}

void Sender::on_duplicate_ack() {
  ++losses().duplicate_acks;
  if (recovering()) return;
  const std::int64_t threshold = std::int64_t{kDuplicateAckThreshold - 1} * mss_ + 1;
  if (losses_->duplicate_acks >= kDuplicateAckThreshold ||
      losses_->scoreboard.lost_before(threshold)) {
    enter_recovery();
  }
}

// RFC 5681, 3.1, (4).
void Sender::halve_window() {
  const std::int64_t half = std::max<std::int64_t>(in_flight() / 2, 2 * std::int64_t{mss_});
  ssthresh_ = static_cast<std::uint32_t>(std::min(half, kMaxWindow));
}

void Sender::enter_recovery() {
  halve_window();
  cwnd_ = ssthresh_;
  losses_->recovery_point = snd_nxt_;
  losses_->begins = true;
  losses_->high_rxt = snd_una_;
  losses_->lost_to = std::min(snd_una_ + mss_, snd_nxt_);
}

void Sender::on_deadline(const Offer& offer, Instant now) {
  deadline_ = kNever;
  if (waits_for_window(offer)) probe(now);
  if (in_flight() == 0) return;
  halve_window();
  cwnd_ = mss_;
  // RFC 2018, 8: the left edge is sent again whatever was reported.
  if (losses_ && losses_->scoreboard.reneged(snd_una_)) losses_->scoreboard.clear();
  retransmit_all();
  rtt_.back_off();
  restart_timer(now);
}

// RFC 9293, 3.8.6.1, as Linux does it (tcp_xmit_probe_skb()): a byte that was acknowledged is
// repeated without its content, so that nothing depends on what the target does with it.
void Sender::probe(Instant now) {
  probe_is_due_ = true;
  if (probes_ < kMostDoublings) ++probes_;
  deadline_ = now + std::min(rtt_.rto() * (1 << probes_), kMaxRto);
}

void Sender::retransmit_all() {
  if (in_flight() == 0) return;
  losses().recovery_point = snd_nxt_;
  losses_->high_rxt = snd_una_;
  losses_->lost_to = snd_nxt_;
  losses_->duplicate_acks = 0;
}

void Sender::restart_timer(Instant now) { deadline_ = now + rtt_.rto(); }

}  // namespace tcpcopy::session
