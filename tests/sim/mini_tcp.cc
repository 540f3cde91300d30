// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/mini_tcp.hh"

#include <algorithm>
#include <utility>

namespace tcpcopy::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTimeout = 250ms;
constexpr int kMaxTries = 14;

bool before(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) < 0; }

}  // namespace

MiniTcp::MiniTcp(Clockwork& clockwork, const Endpoint& self, const Endpoint& peer,
                 std::uint32_t iss, const Offers& offers, Events events)
    : clockwork_(clockwork),
      self_(self),
      peer_(peer),
      events_(std::move(events)),
      offers_(offers),
      iss_(iss),
      snd_una_(iss),
      snd_nxt_(iss),
      highest_sent_(iss) {}

MiniTcp::~MiniTcp() { *alive_ = false; }

void MiniTcp::connect() {
  active_ = true;
  state_ = State::kSynSent;
  snd_nxt_ = highest_sent_ = iss_ + 1;
  send_syn();
}

void MiniTcp::accept(const Packet& syn) {
  state_ = State::kSynReceived;
  agree(syn.options);
  irs_ = syn.seq + 1;
  rcv_nxt_ = rcv_edge_ = rcv_wup_ = irs_;
  snd_wnd_ = syn.window;
  snd_nxt_ = highest_sent_ = iss_ + 1;
  send_syn();
}

void MiniTcp::send_syn() {
  transmit(iss_, active_ ? TcpFlags::kSyn : TcpFlags::kSyn | TcpFlags::kAck, "");
  arm();
}

// What can be announced: a multiple of the scale's unit.
std::uint32_t MiniTcp::window() const {
  const std::size_t used = unread_.size();
  const auto room = static_cast<std::uint32_t>(used >= kBuffer ? 0 : kBuffer - used);
  return offers_.window_scale ? room >> kShift << kShift : room;
}

std::uint32_t MiniTcp::peer_window(const Packet& packet) const {
  return std::uint32_t{packet.window} << peer_shift_;
}

// Its clock ticks each millisecond and wraps within the first seconds.
std::uint32_t MiniTcp::timestamp() const {
  return 0xfffffc00U + static_cast<std::uint32_t>(clockwork_.now().time_since_epoch() / 1ms);
}

void MiniTcp::agree(const TcpOptions& theirs) {
  offers_.sack = offers_.sack && theirs.sack_permitted;
  offers_.timestamps = offers_.timestamps && theirs.timestamps;
  offers_.window_scale = offers_.window_scale && theirs.window_scale;
  if (offers_.window_scale) peer_shift_ = *theirs.window_scale;
  if (offers_.timestamps) ts_recent_ = theirs.timestamps->value;
}

void MiniTcp::add_options(Packet& packet) const {
  const bool syn = packet.has(TcpFlags::kSyn);
  if (syn) {
    packet.options.mss = kMss;
    packet.options.sack_permitted = offers_.sack;
    if (offers_.window_scale) packet.options.window_scale = kShift;
  }
  if (offers_.timestamps)
    packet.options.timestamps = TcpOptions::Timestamps{timestamp(), ts_recent_};
  if (syn || !offers_.sack) return;
  for (const auto& [distance, bytes] : early_) {
    const std::uint32_t begin = irs_ + distance;
    const std::uint32_t end = begin + static_cast<std::uint32_t>(bytes.size());
    if (!packet.sacks.empty() && !before(packet.sacks.back().second, begin)) {
      if (before(packet.sacks.back().second, end)) packet.sacks.back().second = end;
    } else if (packet.sacks.size() < kMostSacks) {
      packet.sacks.emplace_back(begin, end);
    }
  }
}

// RFC 7323, 5.3. RST is exempt.
bool MiniTcp::is_stale(const Packet& packet) {
  if (!offers_.timestamps || packet.has(TcpFlags::kRst)) return false;
  if (!packet.options.timestamps) {
    events_.peer_erred("a segment without the timestamps that were agreed on");
    return false;
  }
  const auto& theirs = *packet.options.timestamps;
  if (before(timestamp(), theirs.echo)) events_.peer_erred("echoes a timestamp of the future");
  if (before(theirs.value, ts_recent_)) return true;
  if (!before(rcv_nxt_, packet.seq)) ts_recent_ = theirs.value;
  return false;
}

void MiniTcp::transmit(std::uint32_t seq, std::uint8_t flags, const std::string& payload) {
  Packet packet;
  packet.source = self_;
  packet.destination = peer_;
  packet.seq = seq;
  packet.flags = flags;
  if (packet.has(TcpFlags::kAck)) packet.ack = rcv_nxt_;
  const bool scaled = offers_.window_scale && !packet.has(TcpFlags::kSyn);
  packet.window = static_cast<std::uint16_t>(scaled ? window() >> kShift : window());
  if (packet.has(TcpFlags::kAck)) rcv_wup_ = rcv_nxt_;
  if (before(rcv_edge_, rcv_nxt_ + window())) rcv_edge_ = rcv_nxt_ + window();
  packet.payload = payload;
  add_options(packet);
  events_.transmit(packet);
}

void MiniTcp::send_ack() { transmit(snd_nxt_, TcpFlags::kAck, ""); }

void MiniTcp::send_keep_alive() {
  if (state_ == State::kOpen && unacked_.empty()) transmit(snd_una_ - 1, TcpFlags::kAck, "");
}

void MiniTcp::write(const std::string& bytes) {
  if (fin_wanted_) return;
  unacked_ += bytes;
  pump();
}

void MiniTcp::close() {
  fin_wanted_ = true;
  pump();
}

void MiniTcp::close_fully() {
  orphan_ = true;
  close();
}

void MiniTcp::abort() {
  if (closed()) return;
  transmit(snd_nxt_, TcpFlags::kRst | TcpFlags::kAck, "");
  die();
}

void MiniTcp::die() {
  state_ = State::kClosed;
  timer_on_ = false;
}

void MiniTcp::stall(bool stalled) {
  if (closed()) return;
  stalled_ = stalled;
  deliver();
  if (!stalled && state_ == State::kOpen) send_ack();
}

// Behind the last byte that was written.
std::uint32_t MiniTcp::stream_end() const {
  return snd_una_ + static_cast<std::uint32_t>(unacked_.size());
}

void MiniTcp::pump() {
  if (state_ != State::kOpen || fin_acked_) return;
  const std::uint32_t end = stream_end();
  while (before(snd_nxt_, end)) {
    const std::uint32_t usable = snd_una_ + std::max<std::uint32_t>(snd_wnd_, 1) - snd_nxt_;
    if (static_cast<std::int32_t>(usable) <= 0) break;
    const std::uint32_t length = std::min({kMss, end - snd_nxt_, usable});
    const bool last = snd_nxt_ + length == end;
    std::uint8_t flags = TcpFlags::kAck;
    if (last) flags |= TcpFlags::kPsh;
    if (last && fin_wanted_) flags |= TcpFlags::kFin;
    transmit(snd_nxt_, flags, unacked_.substr(snd_nxt_ - snd_una_, length));
    snd_nxt_ += length + (last && fin_wanted_ ? 1 : 0);
  }
  if (fin_wanted_ && snd_nxt_ == end) {
    transmit(snd_nxt_, TcpFlags::kFin | TcpFlags::kAck, "");
    ++snd_nxt_;
  }
  if (before(highest_sent_, snd_nxt_)) highest_sent_ = snd_nxt_;
  if (before(snd_una_, snd_nxt_) && !timer_on_) arm();
}

void MiniTcp::arm() {
  timer_on_ = true;
  const std::uint64_t number = ++timer_;
  const Duration delay = kTimeout * (1 << std::min(tries_, 4));
  clockwork_.after(delay, [this, number, alive = alive_] {
    if (*alive && timer_on_ && timer_ == number) on_timeout();
  });
}

void MiniTcp::on_timeout() {
  timer_on_ = false;
  if (++tries_ > kMaxTries) {
    die();
    return;
  }
  if (state_ == State::kSynSent || state_ == State::kSynReceived) {
    send_syn();
    return;
  }
  snd_nxt_ = snd_una_;
  pump();
  if (before(snd_una_, snd_nxt_) && !timer_on_) arm();
}

void MiniTcp::on_packet(const Packet& packet) {
  if (closed()) return;
  if (state_ == State::kSynSent) {
    if (!packet.has(TcpFlags::kAck) || packet.ack != iss_ + 1) return;
    if (packet.has(TcpFlags::kRst)) {
      die();
      events_.was_reset();
      return;
    }
    if (!packet.has(TcpFlags::kSyn)) return;
    agree(packet.options);
    irs_ = rcv_nxt_ = rcv_edge_ = rcv_wup_ = packet.seq + 1;
    state_ = State::kOpen;
    snd_una_ = iss_ + 1;
    snd_wnd_ = packet.window;
    tries_ = 0;
    timer_on_ = false;
    send_ack();
    pump();
    return;
  }
  if (packet.has(TcpFlags::kSyn)) {
    if (state_ == State::kSynReceived && packet.seq + 1 == irs_) {
      send_syn();
    } else if (packet.has(TcpFlags::kAck) && packet.seq + 1 == irs_) {
      send_ack();  // an answer to a repeated SYN-ACK
    } else {
      challenge(packet);  // RFC 5961, 4.2
    }
    return;
  }
  if (packet.has(TcpFlags::kRst)) {
    if (packet.seq == rcv_nxt_) {
      die();
      events_.was_reset();
    } else if (acceptable(packet)) {
      challenge(packet);  // RFC 5961, 3.2
    }
    return;
  }
  if (!packet.has(TcpFlags::kAck)) return;
  if (is_stale(packet)) {
    send_ack();
    return;
  }
  if (!acceptable(packet)) {
    challenge(packet);
    return;
  }
  if (!acks_believably(packet)) return;
  if (state_ == State::kSynReceived) {
    if (packet.ack != iss_ + 1) return;
    state_ = State::kOpen;
    snd_una_ = iss_ + 1;
    tries_ = 0;
    timer_on_ = false;
  }
  take_ack(packet);
  take_data(packet);
  pump();
}

// RFC 9293, 3.10.7.4, as Linux reads it (tcp_sequence()): it ends not before what was acknowledged
// last, and begins in the window, or at its edge.
bool MiniTcp::acceptable(const Packet& packet) const {
  const std::uint32_t edge = before(rcv_edge_, rcv_nxt_) ? rcv_nxt_ : rcv_edge_;
  return !before(packet.seq + packet.length(), rcv_wup_) && !before(edge, packet.seq);
}

// RFC 5961, 5.2.
bool MiniTcp::acks_believably(const Packet& packet) {
  if (before(highest_sent_, packet.ack) || before(packet.ack, snd_una_ - max_snd_wnd_)) {
    challenge(packet);
    return false;
  }
  return true;
}

// RFC 5961, 7. What carries data is always answered: it may be a retransmission.
void MiniTcp::challenge(const Packet& packet) {
  const bool data = packet.length() > 0 && !packet.has(TcpFlags::kSyn);
  if (!data && challenged_at_ != kNever && clockwork_.now() < challenged_at_ + kChallengePause) {
    return;
  }
  if (!data) challenged_at_ = clockwork_.now();
  send_ack();
}

void MiniTcp::on_fin_acked() {
  fin_acked_ = true;
  if (!orphan_) return;
  clockwork_.after(kFinWait2, [this, alive = alive_] {
    if (*alive && !fin_received_) die();
  });
}

void MiniTcp::take_ack(const Packet& packet) {
  const bool same_window = snd_wnd_ == peer_window(packet);
  if (!before(packet.ack, snd_una_)) snd_wnd_ = peer_window(packet);
  max_snd_wnd_ = std::max(max_snd_wnd_, snd_wnd_);
  if (before(snd_una_, packet.ack)) {
    std::uint32_t acked = packet.ack - snd_una_;
    if (fin_wanted_ && acked > unacked_.size()) {
      on_fin_acked();
      --acked;
    }
    unacked_.erase(0, acked);
    snd_una_ = packet.ack;
    if (before(snd_nxt_, snd_una_)) snd_nxt_ = snd_una_;
    duplicates_ = 0;
    tries_ = 0;
    timer_on_ = false;
    if (before(snd_una_, snd_nxt_)) arm();
  } else if (packet.ack == snd_una_ && packet.length() == 0 && same_window &&
             before(snd_una_, snd_nxt_) && ++duplicates_ == 3) {
    const std::uint32_t length =
        std::min<std::uint32_t>(kMss, static_cast<std::uint32_t>(unacked_.size()));
    if (length > 0) transmit(snd_una_, TcpFlags::kAck, unacked_.substr(0, length));
  }
}

void MiniTcp::take_data(const Packet& packet) {
  if (packet.length() == 0) {
    if (before(packet.seq, rcv_nxt_)) send_ack();  // a keep-alive probe
    return;
  }
  const std::uint32_t at = packet.seq;
  if (orphan_ && !packet.payload.empty() &&
      before(rcv_nxt_, at + static_cast<std::uint32_t>(packet.payload.size()))) {
    transmit(packet.ack, TcpFlags::kRst, "");  // nobody reads it any more
    die();
    return;
  }
  // All that does not fit the window is dropped.
  if (before(rcv_nxt_ + window(), at + static_cast<std::uint32_t>(packet.payload.size()))) {
    send_ack();
    return;
  }
  if (packet.has(TcpFlags::kFin)) {
    fin_seen_ = true;
    fin_at_ = at + static_cast<std::uint32_t>(packet.payload.size());
  }
  if (!packet.payload.empty()) {
    std::string& slot = early_[at - irs_];
    if (slot.size() < packet.payload.size()) slot = packet.payload;
  }
  while (!early_.empty()) {
    const auto first = early_.begin();
    const std::uint32_t begin = irs_ + first->first;
    if (before(rcv_nxt_, begin)) break;
    const std::uint32_t skip = rcv_nxt_ - begin;
    if (skip < first->second.size()) {
      unread_ += first->second.substr(skip);
      rcv_nxt_ += static_cast<std::uint32_t>(first->second.size()) - skip;
    }
    early_.erase(first);
  }
  if (fin_seen_ && !fin_received_ && rcv_nxt_ == fin_at_) {
    fin_received_ = true;
    ++rcv_nxt_;
  }
  send_ack();
  deliver();
}

void MiniTcp::deliver() {
  if (stalled_) return;
  if (!unread_.empty()) events_.received(std::exchange(unread_, {}));
  if (fin_received_ && !closed() && !std::exchange(fin_told_, true)) events_.peer_closed();
}

}  // namespace tcpcopy::sim
