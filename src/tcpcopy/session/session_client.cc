// SPDX-License-Identifier: BSD-3-Clause
// The client's side of a session: what a captured packet says.
#include "tcpcopy/session/session.hh"

#include <algorithm>
#include <utility>

#include "tcpcopy/session/client/request_boundary.hh"
#include "tcpcopy/session/limits.hh"

namespace tcpcopy::session {

bool Session::began_with(const ClientSegment& syn) const { return from_start_ && syn.seq == iss_; }

// Anybody can forge a SYN, and an online server does not believe it either: it asks (RFC 5961, 4).
// A true one is followed by its connection's ack.
void Session::note_rival(const ClientSegment& syn, const Context& ctx) {
  ctx.ledger.captured += {1, syn.payload_length};
  ctx.ledger.refuse(Refusal::kClientSyn);
  ClientSegment& noted = doubt().syn.emplace(syn);
  noted.payload = {};
  noted.payload_length = 0;
  if (syn.payload_length == 0) {
    ++ctx.ledger.control_packets;
  } else {
    ctx.ledger.lose(LossReason::kAbsurdSequence, {1, syn.payload_length});
  }
}

const ClientSegment* Session::confirmed_rival(const ClientSegment& segment) const {
  if (!doubt_ || !doubt_->syn || segment.flags.syn() || segment.flags.rst()) return nullptr;
  if (!segment.flags.ack()) return nullptr;
  // Its very first may come late; then one of the next does, unless it belongs here.
  const std::uint32_t ahead = segment.seq.raw - (doubt_->syn->seq + 1).raw;
  const ClientOffset at = client_numbers_.unwrap(segment.seq, stream_.contiguous_end());
  const bool foreign =
      at < stream_.contiguous_end() - kMaxJump || at > stream_.seen_end() + kMaxJump;
  const bool confirms = ahead == 0 || (foreign && ahead < kSameJump);
  return confirms ? &*doubt_->syn : nullptr;
}

Session::Doubt& Session::doubt() {
  if (!doubt_) doubt_ = std::make_unique<Doubt>();
  return *doubt_;
}

void Session::begin(const ClientSegment& first, const Context& ctx) {
  last_client_at_ = target_owes_since_ = ctx.now;
  from_start_ = first.flags.syn();
  facts_.offer.options = first.options;
  if (from_start_) {
    iss_ = first.seq;
    facts_.offer.syn_window = first.window;
    facts_.offer.window = first.window;
    client_numbers_ = SequenceMap<space::Client>(iss_, ClientOffset(-1));
    return;
  }
  // Its SYN was not seen: what it offered is made up, its numbers begin here.
  ++ctx.ledger.joined;
  iss_ = first.seq - 1;
  client_numbers_ = SequenceMap<space::Client>(first.seq, ClientOffset(0));
  facts_.offer.options.mss = ctx.settings.made_up_mss;
  facts_.offer.options.sack_permitted = true;
  facts_.offer.options.window_scale = 7;
  connection_.on_client_ready(ctx.now);
  phase_ = Phase::kSuspended;
}

void Session::on_client_segment(const ClientSegment& segment, const Context& ctx) {
  const Instant previous_at = std::exchange(last_client_at_, ctx.now);
  expect_answer(ctx.now);
  ctx.ledger.captured += {1, segment.payload_length};
  if (segment.flags.syn()) {
    take_syn(segment, ctx);
    return;
  }
  const ClientOffset at = client_numbers_.unwrap(segment.seq, stream_.contiguous_end());
  if (!believable(segment, at, ctx)) {
    refuse(segment, ctx);
    return;
  }
  const ClientOffset contiguous = stream_.contiguous_end();
  const ClientOffset seen = stream_.seen_end();
  take_ack(segment, previous_at, ctx);
  if (is_keep_alive(segment, at)) connection_.send_keep_alive(facts_, ctx);
  // Behind the client's FIN its numbers are one beyond its bytes.
  stream_.note_sent(stream_.end() ? std::min(at, stream_.end()->at) : at);
  take_payload(segment, at, ctx);
  if (segment.flags.fin() || segment.flags.rst()) take_end(segment, at);
  if (stream_.seen_end() > seen) note_progress(ctx.now);
  // A client that fills a hole is sending again: it may be about to fill the next one as well.
  if (stream_.contiguous_end() > contiguous) hole_.reset();
  note_hole(ctx.now);
  advance(ctx);
}

// The bytes behind a jump come from one place and have seen one answer; forged ones need luck.
bool Session::confirms(const Jump& jump, const Jump& next) {
  const auto within = [](std::int64_t distance, std::int64_t most) {
    return distance >= -most && distance <= most;
  };
  const auto seen = static_cast<std::int32_t>(next.ack.raw - jump.ack.raw);
  return next.at != jump.at && within(next.at - jump.at, kSameJump) && within(seen, kMaxJump);
}

// What the online server would take (RFC 9293, 3.10.7.4; RFC 5961), as far as it can be known here:
// its window cannot, and capture may have missed something.
bool Session::believable(const ClientSegment& segment, ClientOffset at, const Context& ctx) {
  if (at - stream_.contiguous_end() > kMaxAhead || at < ClientOffset(-1)) return false;
  // Its own FIN may have been missed.
  const bool sent = at >= stream_.contiguous_end() && at <= stream_.seen_end() + 1;
  if (segment.flags.rst() && !sent) {
    ctx.ledger.refuse(Refusal::kClientReset);
    return false;
  }
  if (at > stream_.seen_end() + kMaxJump) {
    const std::optional<Jump> last = std::exchange(doubt().jump, Jump{at, segment.ack});
    if (!last || !confirms(*last, {at, segment.ack})) {
      ctx.ledger.refuse(Refusal::kClientJump);
      return false;
    }
  }
  if (!segment.flags.ack() || !online_known_) return true;
  const OnlineOffset acked = online_numbers_.unwrap(segment.ack, online_acked_);
  if (acked - online_acked_ <= kMaxAckJump) return true;
  ctx.ledger.refuse(Refusal::kClientAck);
  return false;
}

void Session::refuse(const ClientSegment& segment, const Context& ctx) {
  if (segment.payload_length == 0) {
    ++ctx.ledger.control_packets;
  } else {
    ctx.ledger.lose(LossReason::kAbsurdSequence, {1, segment.payload_length});
  }
}

void Session::take_syn(const ClientSegment& syn, const Context& ctx) {
  take_payload(syn, ClientOffset(0), ctx);  // Fast Open's data is stream data like any other
  if (phase_ == Phase::kAwaitingRoute) connect(ClientOffset(0), ctx);
}

void Session::take_ack(const ClientSegment& segment, Instant previous_at, const Context& ctx) {
  if (!segment.flags.ack()) return;
  if (segment.flags.rst() && !online_known_) return;
  if (!online_known_) {
    // The first ack of a whole connection acknowledges the online server's SYN, and comes one round
    // trip behind the client's own, which was its packet before this.
    online_known_ = true;
    online_numbers_ = SequenceMap<space::Online>(segment.ack, OnlineOffset(0));
    if (from_start_) {
      const Duration measured = std::min(ctx.now - previous_at, kMaxClientRtt);
      facts_.client_rtt = shortened(ctx.settings.rtt.value_or(measured));
    }
  }
  const OnlineOffset acked = online_numbers_.unwrap(segment.ack, online_acked_);
  if (!segment.flags.rst()) take_window(segment, acked, ctx.now);
  online_acked_ = std::max(online_acked_, acked);
  connection_.on_client_ready(ctx.now);
}

// The target may send as far as the online server may. A packet that was overtaken says nothing.
void Session::take_window(const ClientSegment& segment, OnlineOffset acked, Instant now) {
  if (acked < online_acked_) return;
  if (from_start_) {
    facts_.offer.window = std::uint32_t{segment.window}
                          << facts_.offer.options.window_scale.value_or(0);
  } else {
    facts_.offer.window = segment.window == 0 ? 0 : kMadeUpWindow;
  }
  connection_.on_client_window(facts_.offer.window, now);
}

void Session::take_payload(const ClientSegment& segment, ClientOffset at, const Context& ctx) {
  Ledger& ledger = ctx.ledger;
  if (segment.payload_length == 0) {
    ++ledger.control_packets;
    return;
  }
  const Account whole{1, segment.payload_length};
  if (stream_.end() && at >= stream_.end()->at) {  // bytes behind a FIN
    ledger.lose(LossReason::kAbsurdSequence, whole);
    return;
  }
  if (segment.flags.urg() && !stream_.note_urgent(at, segment.urgent)) {
    ledger.refuse(Refusal::kClientUrgent);
  }
  const Chunk::Origin origin{online_acked_, ctx.now, segment.flags.psh()};
  const std::uint32_t inserted = stream_.insert(at, segment.payload, origin);
  if (inserted == 0) {
    ledger.duplicate += whole;
    return;
  }
  learn_protocol();
  ledger.held += {1, inserted};
  ledger.duplicate += {0, segment.payload_length - inserted};
}

// Remembers how the stream began: where it has to be joined again, requests begin alike.
void Session::learn_protocol() {
  if (!from_start_ || head_size_ == head_.size()) return;
  std::array<Bytes, kRequestStart> pieces;
  const ClientOffset at(head_size_);
  const auto left = static_cast<std::uint32_t>(head_.size()) - head_size_;
  const auto gathered = stream_.gather(at, left, pieces);
  for (const Bytes piece : std::span(pieces).first(gathered.pieces)) {
    std::copy(piece.begin(), piece.end(), head_.begin() + head_size_);
    head_size_ = static_cast<std::uint8_t>(head_size_ + piece.size());
  }
  if (looks_like_request(Bytes(head_).first(head_size_))) content_tells_ = true;
}

void Session::take_end(const ClientSegment& segment, ClientOffset at) {
  const ClientOffset end_at = at + segment.payload_length;
  if (segment.flags.fin()) stream_.set_fin(end_at, online_acked_);
  if (segment.flags.rst()) stream_.set_reset(end_at, online_acked_);
}

// RFC 9293, 3.8.4: one before what the online server expects, with no byte or an old one.
bool Session::is_keep_alive(const ClientSegment& segment, ClientOffset at) const {
  return segment.payload_length <= 1 && at + 1 == stream_.contiguous_end() && !stream_.has_hole() &&
         stream_.first() == nullptr && !segment.flags.fin();
}

void Session::note_hole(Instant since) {
  if (!stream_.has_hole()) {
    hole_.reset();
  } else if (!hole_) {
    hole_ = std::make_unique<Hole>(Hole{since, {}});
  }
}

// A client that sends something new because it has seen something new goes on. New acks alone may
// be those of responses to what came before the hole, new bytes alone fit into the window.
void Session::note_progress(Instant now) {
  const Chunk* behind = hole_ ? stream_.behind_hole() : nullptr;
  if (behind != nullptr && online_acked_ > behind->origin().online_acked) hole_->went_on_at = now;
}

// When a hole is taken for what capture has missed. That the client goes on is a sign that the
// online server has the bytes; silence may be a retransmission that was lost as well. A client that
// aborted sends nothing again.
Instant Session::hole_patience_ends() const {
  if (!hole_) return kNever;
  // What stands before the hole is delivered, and answered, before the connection ends.
  if (unfinished()) return kNever;
  const Chunk* behind = stream_.behind_hole();
  const OnlineOffset acked = behind != nullptr ? behind->origin().online_acked : online_acked_;
  const bool answered = phase_ != Phase::kConnected || connection_.sent_as_much(acked);
  const Instant owed = answered ? hole_->since : target_owes_since_ + kMaxTurnWait;

  const bool aborted = stream_.end() != nullptr && stream_.end()->reset;
  const bool certain = aborted || hole_->went_on_at >= hole_->since + kHoleProof;
  const Duration patience =
      certain ? std::max(kHolePatience, 6 * Duration(facts_.client_rtt)) : kMaxHolePatience;
  return std::max(hole_->since + patience, owed);
}

}  // namespace tcpcopy::session
