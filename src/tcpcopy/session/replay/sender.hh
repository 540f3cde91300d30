// SPDX-License-Identifier: BSD-3-Clause
// The sending half of a TCP towards the target: what to send next, and when to send it again.
//
// It knows positions only, not bytes. RFC 6298 (timer), RFC 5681 and 6582 (congestion control and
// NewReno), RFC 6675 (recovery with SACK), RFC 9293 3.8.6 (windows and probes). The FIN takes one
// position behind the last byte, as in the RFC. Where these leave a choice it is Linux's: a probe
// of a closed window brings nothing new, so snd_nxt never stands beyond a window that did not
// shrink.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>

#include "tcpcopy/session/replay/rtt_estimator.hh"
#include "tcpcopy/session/replay/sack_scoreboard.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::session {

/// One segment to be sent. With neither payload nor FIN it probes a closed window.
struct Transmission {
  ReplayOffset begin;
  std::uint32_t length = 0;  ///< bytes of payload
  bool fin = false;          ///< FIN stands behind the payload
  bool again = false;        ///< was sent before
};

class Sender {
 public:
  /// Begins a connection whose first byte stands at `first`.
  /// @param mss payload bytes of a full segment.
  /// @param window what the target announced, in bytes.
  void open(ReplayOffset first, std::uint32_t mss, std::uint32_t window);

  /// What may be sent, as far as the client's side goes.
  struct Offer {
    ReplayOffset end;  ///< bytes up to here
    bool fin = false;  ///< and then a FIN
  };

  /// What to send now; to be called until it returns nothing. Assumes that it is then sent.
  std::optional<Transmission> next(const Offer& offer, Instant now);

  /// An acknowledgment of the target.
  struct Ack {
    ReplayOffset ack;
    std::uint32_t window = 0;  ///< bytes
    bool news = false;         ///< its SACK blocks reported something new (see sack())
    bool bare = true;          ///< brought neither payload nor FIN
    bool current = true;       ///< not older than the ack before, so its window counts
  };
  /// @return false when it acknowledges what was never sent.
  bool on_ack(const Ack& ack, Instant now);

  /// Notes a SACK block. @return whether it was news.
  bool sack(ReplayRange range);

  /// To be called when deadline() has come, before next().
  void on_deadline(const Offer& offer, Instant now);
  Instant deadline() const { return deadline_; }

  /// Sends everything in flight again: whatever held the path up is over.
  void retransmit_all();

  ReplayOffset snd_una() const { return snd_una_; }
  ReplayOffset snd_nxt() const { return snd_nxt_; }
  /// Where a segment without data stands: at snd_nxt, or, where the target's window has shrunk and
  /// it would not look at that, at the end of the window (Linux: tcp_acceptable_seq()).
  /// @param unit of the target's window: what it announces is rounded down to it.
  ReplayOffset acceptable_seq(std::uint32_t unit = 1) const {
    return snd_nxt_ - window_end() < unit ? snd_nxt_ : window_end();
  }
  std::int64_t in_flight() const { return snd_nxt_ - snd_una_; }
  std::uint32_t mss() const { return mss_; }
  /// Cuts segments no longer than this from now on, also those that are sent again.
  void limit_mss(std::uint32_t mss) { mss_ = as_mss(std::min<std::uint32_t>(mss_, mss)); }
  bool fin_sent() const { return fin_at_ && snd_nxt_ > *fin_at_; }
  bool fin_acked() const { return fin_at_ && snd_una_ > *fin_at_; }
  const RttEstimator& rtt() const { return rtt_; }
  /// How long ago data was sent. REQUIRES: some was, within the last hour.
  Duration sent_ago(Instant now) const;
  /// Takes the round trip of the handshake.
  void measure_handshake(Duration rtt) { rtt_.measure(rtt); }

 private:
  // What is known of losses on a connection. Recovery: all before lost_to that is not reported and
  // not yet sent again (from high_rxt on) is sent again. It ends when recovery_point is
  // acknowledged.
  struct Losses {
    SackScoreboard scoreboard;
    MaybeOffset<space::Replay> recovery_point;
    bool begins = false;  // the first loss is sent again whatever the window says
    ReplayOffset lost_to;
    ReplayOffset high_rxt;
    int duplicate_acks = 0;
  };

  Losses& losses();
  bool recovering() const { return losses_ && losses_->recovery_point; }
  ReplayOffset lost_end() const;
  std::int64_t pipe() const;
  std::optional<Transmission> next_lost();
  std::optional<Transmission> next_new(const Offer& offer, Instant now);
  Transmission cut(ReplayOffset begin, ReplayOffset end, bool again) const;
  void take_window(std::uint32_t window, Instant now);
  void on_new_ack(ReplayOffset ack, Instant now);
  void advance_recovery(ReplayOffset ack);
  void on_duplicate_ack();
  void enter_recovery();
  void grow_window(std::int64_t acked);
  void restart_timer(Instant now);
  void halve_window();
  void restart_after_idle(Instant now);
  void probe(Instant now);
  bool waits_for_window(const Offer& offer) const;
  ReplayOffset window_end() const { return snd_una_ + snd_wnd_; }

  // Instants in four bytes, for times that are compared within an hour.
  static std::uint32_t microseconds(Instant at);
  static Duration since(std::uint32_t before, Instant now);
  static std::uint16_t as_mss(std::uint32_t mss) {
    return static_cast<std::uint16_t>(std::min<std::uint32_t>(mss, UINT16_MAX));
  }

  // Bytes: no congestion window grows beyond what a scaled window can say (RFC 7323, 2.3).
  static constexpr std::int64_t kMaxWindow = std::int64_t{1} << 30U;

  RttEstimator rtt_;
  std::uint16_t mss_ = 536;
  std::uint8_t probes_ = 0;  // sent into the closed window, as far as the back-off counts them
  bool probe_is_due_ = false;

  ReplayOffset snd_una_;
  ReplayOffset snd_nxt_;
  MaybeOffset<space::Replay> fin_at_;  // once sent
  std::uint32_t cwnd_ = 0;
  std::uint32_t ssthresh_ = UINT32_MAX;
  std::unique_ptr<Losses> losses_;  // most connections never have any
  std::uint32_t snd_wnd_ = 0;
  std::uint32_t max_snd_wnd_ = 0;

  // Karn: one segment at a time is timed, and only if it is not sent again.
  MaybeOffset<space::Replay> timed_end_;
  std::uint32_t timed_at_ = 0;
  std::uint32_t sent_at_ = 0;  // data, the last time

  Instant deadline_ = kNever;
};

}  // namespace tcpcopy::session
