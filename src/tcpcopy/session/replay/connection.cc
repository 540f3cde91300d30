// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/replay/connection.hh"

#include <algorithm>
#include <array>
#include <utility>

namespace tcpcopy::session {
namespace {

constexpr std::uint32_t kHeaders = 40;         // IPv4 and TCP without options
constexpr std::uint32_t kTimestampsRoom = 12;  // padded
constexpr std::uint32_t kDefaultMss = 536;     // RFC 9293, 3.7.1
constexpr std::uint32_t kMinMss = 48;          // below is an attack on the sender
constexpr std::uint32_t kIssStep = 1U << 24U;  // beyond what was in flight
constexpr std::size_t kMaxPieces = 16;         // chunks in one segment

// A clock of milliseconds for our timestamps (RFC 7323, 5.4).
std::uint32_t ticks(Instant now) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
}

std::uint32_t largest_mss(const Settings& settings) {
  return std::max(kMinMss, settings.mtu - kHeaders);
}

ReplaySegment segment_of(const net::Ipv4Flow& flow, std::uint8_t flags) {
  ReplaySegment segment;
  segment.source = flow.client();
  segment.destination = flow.server();
  segment.flags = {flags};
  return segment;
}

// How far the urgent bytes of which a segment tells reach from its beginning; 0 when it tells of
// none, as one without bytes. An urgent byte ends its segment, which has one pointer: another may
// follow.
std::int64_t urgent_length(const ClientStream& stream, ClientOffset at, std::uint32_t length) {
  const Urgent* urgent = length > 0 ? stream.urgent(at) : nullptr;
  return urgent != nullptr && urgent->begin < at + length ? urgent->end - at : 0;
}

}  // namespace

ReplaySegment reset_segment(const net::Ipv4Flow& flow, Seq<space::Replay> seq) {
  ReplaySegment segment = segment_of(flow, TcpFlags::kRst);
  segment.seq = seq;
  return segment;
}

void Connection::open(const Start& start, const SessionFacts& facts, const Context& ctx) {
  first_ = stream_map_.open(start.first, start.whole);
  replay_numbers_ = SequenceMap<space::Replay>(start.iss, first_ - 1);
  turns_.open(start.first, start.online_acked);
  sender_.open(first_, kDefaultMss, 0);
  receiver_ = Receiver();
  right_edge_ = TargetOffset();
  answered_ = asked_ = false;
  timeouts_ = 0;
  // The timestamp clock goes on over reconnects: numbers in TIME-WAIT are judged by it (RFC 6191).
  if (!std::exchange(opened_before_, true)) ts_zero_ = ticks(ctx.now);
  scaled_ = timestamps_ = sack_ = false;
  state_ = State::kSynSent;
  syns_ = 0;
  send_syn(facts, ctx);
}

void Connection::send_syn(const SessionFacts& facts, const Context& ctx) {
  ++syns_;
  ++ctx.ledger.syns_sent;
  syn_deadline_ = ctx.now + std::min(kInitialRto * (1 << (syns_ - 1)), kMaxRto);

  ReplaySegment syn = segment_of(facts.flow, TcpFlags::kSyn);
  syn.seq = replay_numbers_.wrap(sender_.snd_una() - 1);
  syn.window = facts.offer.syn_window;
  syn.options = facts.offer.options;
  const std::uint32_t offered = facts.offer.options.mss.value_or(kDefaultMss);
  syn.options.mss = static_cast<std::uint16_t>(std::min(offered, largest_mss(ctx.settings)));
  if (syn.options.timestamps) {
    syn.options.timestamps->value += ticks(ctx.now) - ts_zero_;
    syn.options.timestamps->echo = 0;
  }
  put(syn, {}, ctx);
}

void Connection::put(const ReplaySegment& segment, std::span<const Bytes> payload,
                     const Context& ctx) {
  ++ctx.ledger.segments_sent;
  ctx.ledger.bytes_sent += segment.payload_length;
  ctx.packets.send(segment, payload);
}

Connection::Event Connection::on_response(const Response& response, const SessionFacts& facts,
                                          const Context& ctx) {
  if (state_ == State::kClosed) return Event::kNone;
  if (state_ == State::kSynSent) return on_syn_sent(response, facts, ctx);
  return on_open(response, facts, ctx);
}

Connection::Event Connection::on_open(const Response& response, const SessionFacts& facts,
                                      const Context& ctx) {
  const TargetOffset at = target_numbers_.unwrap(response.seq, receiver_.rcv_nxt());
  const ReplayOffset una = sender_.snd_una();
  const ReplayOffset acked = replay_numbers_.unwrap(response.ack, una);
  if (const auto refusal = acceptance().judge(response, at, acked)) {
    refuse(*refusal, ctx);
    return Event::kNone;
  }
  if (response.flags.rst()) {
    state_ = State::kClosed;
    return Event::kReset;
  }
  const Receiver::Habit habit{facts.client_rtt, sender_.mss()};
  const bool news =
      receiver_.on_segment(at, response.payload_length, response.flags.fin(), habit, ctx.now);
  if (news) {
    const bool ends_burst = response.flags.psh() || response.payload_length < sender_.mss();
    const ClientOffset heard = stream_map_.heard(acked);
    turns_.on_response({heard, ends_burst, acked > una, network_pause(facts)}, *facts.habits,
                       ctx.now);
    if (response.payload_length > 0 && acked > first_) answered_ = true;
    if (response.payload_length > 0) note_answer(response, acked, ctx);
  }
  tell_module(response, at, acked, ctx.now);
  note_timestamp(response, at);
  take_ack(response, at, news, ctx);
  if (sender_.snd_una() > una) timeouts_ = 0;
  return Event::kNone;
}

// Behind our FIN there is nothing that a module could say.
void Connection::tell_module(const Response& response, TargetOffset at, ReplayOffset acked,
                             Instant now) {
  Rewriter* rewriter = stream_map_.rewriter();
  if (rewriter == nullptr || response.payload_length == 0 || sender_.fin_sent()) return;
  const TargetOffset arrived = receiver_.rcv_nxt() - (receiver_.fin_received() ? 1 : 0);
  const bool heard_all = acked >= rewriter->edits().written();
  rewriter->on_answer(at, response.payload_length, response.payload, heard_all, arrived, now);
}

Acceptance Connection::acceptance() const {
  return {receiver_.rcv_nxt(),
          receiver_.last_ack_sent(),
          right_edge_,
          first_,
          sender_.snd_una(),
          sender_.snd_nxt(),
          timestamps_ ? std::optional(ts_recent_) : std::nullopt};
}

// What is not believed is answered with an ACK that tells a true peer where it stands, so that it
// can say it again rightly; but seldom, so that nobody is made to echo.
void Connection::refuse(Refusal refusal, const Context& ctx) {
  ctx.ledger.refuse(refusal);
  switch (refusal) {
    case Refusal::kResetOutside:
    case Refusal::kNoAck:
      return;
    case Refusal::kSyn:  // our ack of the SYN-ACK was lost, or the client has not sent its own
      if (client_ready_) challenge(ctx.now);
      return;
    case Refusal::kOldSequence:  // a repetition: our ack of it was lost (RFC 9293, 3.8.4, 3.10.7.4)
      receiver_.acknowledge_by(ctx.now);
      return;
    default:
      challenge(ctx.now);
  }
}

void Connection::challenge(Instant now) {
  if (!as_new(ticks(now - kChallengeSpacing), challenged_at_)) return;
  challenged_at_ = ticks(now);
  receiver_.acknowledge_by(now);
}

// Pauses within an answer that come from the network: the target waits for acks, which take a
// round trip to it and, for a far client, the one that is imitated.
Duration Connection::network_pause(const SessionFacts& facts) const {
  return 2 * srtt() + (facts.client_rtt < kNearRtt ? Duration(0) : facts.client_rtt);
}

// RFC 9293, 3.10.7.3.
Connection::Event Connection::on_syn_sent(const Response& response, const SessionFacts& facts,
                                          const Context& ctx) {
  const bool acks_our_syn =
      response.flags.ack() && response.ack == replay_numbers_.wrap(sender_.snd_una());
  if (response.flags.rst()) {
    if (!acks_our_syn) return Event::kNone;
    state_ = State::kClosed;
    return Event::kRefused;
  }
  if (response.flags.ack() && !acks_our_syn) {
    // The target still holds an older connection on these ports (3.5.1): end that, try again.
    put(reset_segment(facts.flow, response.ack), {}, ctx);
    if (syns_ < kMaxSynTransmissions) send_syn(facts, ctx);
    return Event::kNone;
  }
  if (!response.flags.syn() || !response.flags.ack()) return Event::kNone;
  establish(response, facts, ctx);
  return Event::kOpened;
}

void Connection::establish(const Response& response, const SessionFacts& facts,
                           const Context& ctx) {
  const TcpOptions& ours = facts.offer.options;
  const TcpOptions& theirs = response.options;
  state_ = State::kOpen;
  target_numbers_ = SequenceMap<space::Target>(response.seq, TargetOffset(-1));
  window_from_ = TargetOffset(-1);
  scaled_ = ours.window_scale && theirs.window_scale;
  target_window_shift_ = scaled_ ? *theirs.window_scale : 0;
  timestamps_ = ours.timestamps && theirs.timestamps;
  if (timestamps_) ts_recent_ = theirs.timestamps->value;
  sack_ = ours.sack_permitted && theirs.sack_permitted;

  const std::uint32_t room = timestamps_ ? kTimestampsRoom : 0;
  const std::uint32_t announced = theirs.mss.value_or(kDefaultMss);
  const std::uint32_t mss =
      std::max(kMinMss, std::min(announced, largest_mss(ctx.settings))) - room;
  const Instant first_syn_at = syn_deadline_ - kInitialRto;
  if (syns_ == 1) sender_.measure_handshake(ctx.now - first_syn_at);
  sender_.open(sender_.snd_una(), mss, response.window);
  right_edge_ = TargetOffset(0) + facts.offer.syn_window;
  // The real client's ack, if it has come, is answered by ours; if not, it will trigger ours.
  if (client_ready_) receiver_.acknowledge_by(ctx.now);
  ++ctx.ledger.connections;
}

void Connection::on_client_ready(Instant now) {
  if (client_ready_) return;
  client_ready_ = true;
  if (is_open()) receiver_.acknowledge_by(now);
}

void Connection::on_client_window(std::uint32_t window, Instant now) {
  if (!is_open()) return;
  const std::int64_t left = right_edge_ - receiver_.rcv_nxt();
  const std::int64_t little = 2 * std::int64_t{sender_.mss()};
  if (left < little && window >= left + little) receiver_.acknowledge_by(now);
}

void Connection::skip_to(ClientOffset to) {
  stream_map_.leave_out(snd_nxt(), to);
  turns_.skip_to(to);
}

// How long the target thought, without the channel's delay. What was sent again is left out, as one
// cannot tell which of the two was answered.
void Connection::note_answer(const Response& response, ReplayOffset acked, const Context& ctx) {
  if (!asked_ || acked < sender_.snd_nxt()) return;
  asked_ = false;
  ctx.ledger.answer.note(sender_.sent_ago(ctx.now) - response.way_back.value_or(Duration(0)));
}

// RFC 7323, 4.3.
void Connection::note_timestamp(const Response& response, TargetOffset at) {
  if (!timestamps_ || !response.options.timestamps) return;
  const std::uint32_t value = response.options.timestamps->value;
  if (as_new(value, ts_recent_) && at <= receiver_.last_ack_sent()) ts_recent_ = value;
}

void Connection::take_ack(const Response& response, TargetOffset at, bool news,
                          const Context& ctx) {
  const ReplayOffset una = sender_.snd_una();
  Sender::Ack ack;
  for (std::size_t i = 0; sack_ && i < response.sack_count; ++i) {
    const ReplayRange range{replay_numbers_.unwrap(response.sacks[i].begin, una),
                            replay_numbers_.unwrap(response.sacks[i].end, una)};
    if (sender_.sack(range)) ack.news = true;
  }
  ack.ack = replay_numbers_.unwrap(response.ack, una);
  ack.window = std::uint32_t{response.window} << target_window_shift_;
  ack.bare = response.sequence_length() == 0 && !news;
  ack.current = at >= window_from_;
  // SND.WL1 is that of a window that was taken: not of an ack that is old, or of nothing sent.
  if (ack.current && ack.ack >= una && ack.ack <= sender_.snd_nxt()) window_from_ = at;
  // An ack of what was never sent is answered with an ack (RFC 9293, 3.10.7.4).
  if (!sender_.on_ack(ack, ctx.now)) receiver_.acknowledge_by(ctx.now);
  if (Rewriter* rewriter = stream_map_.rewriter()) rewriter->release_to(sender_.snd_una());
}

void Connection::rewrite(const ClientStream& stream, const Context& ctx) {
  Rewriter* rewriter = stream_map_.rewriter();
  if (rewriter == nullptr) return;
  rewriter->advance(stream, turns_.limit(), ctx.now);
  if (rewriter->edits().read() > turns_.limit()) turns_.extend(rewriter->edits().read());
  const Edits::Counts counts = rewriter->take_counts();
  ctx.ledger.module_inserted += counts.inserted;
  ctx.ledger.module_left_out += counts.left_out;
}

void Connection::send(const ClientStream& stream, bool hurried, const SessionFacts& facts,
                      const Context& ctx) {
  if (state_ != State::kOpen) return;
  const Rewriter* module = rewriter();
  const bool unasked = module != nullptr && module->edits().read() > turns_.begin() &&
                       module->edits().told() <= turns_.begin();
  const Turns::Progress progress{snd_nxt(),
                                 receiver_.highest(),
                                 receiver_.has_gap(),
                                 target_closed(),
                                 hurried,
                                 network_pause(facts),
                                 unasked};
  turns_.judge(stream, progress, ctx.settings.turn_order, *facts.habits, ctx.now, ctx.ledger);
  rewrite(stream, ctx);
  sender_.limit_mss(largest_mss(ctx.settings) - (timestamps_ ? kTimestampsRoom : 0));
  const Sender::Offer offer = this->offer();
  while (const auto segment = sender_.next(offer, ctx.now))
    transmit(*segment, stream, facts, ctx);
  if (turns_.on_sent(snd_nxt(), ctx.now)) ++ctx.ledger.turns_sent;
}

void Connection::transmit(const Transmission& segment, const ClientStream& stream,
                          const SessionFacts& facts, const Context& ctx) {
  std::array<Bytes, kMaxPieces> pieces;
  ReplayOffset at = segment.begin;
  std::uint32_t left = segment.length;
  asked_ = segment.length > 0 && !segment.again;
  if (segment.again) {
    ++ctx.ledger.retransmissions;
  } else if (const Chunk* chunk = stream.find(stream_map_.to_client(at)); chunk != nullptr) {
    ctx.ledger.lag.note(ctx.now - chunk->origin().captured_at);
  }
  do {  // more than once only when the bytes lie in very many small chunks, or are urgent
    const std::int64_t urgent =
        rewriter() == nullptr ? urgent_length(stream, stream_map_.to_client(at), left) : 0;
    const std::int64_t length = urgent > 0 ? std::min<std::int64_t>(urgent, left) : left;
    const auto gathered =
        stream_map_.gather(stream, at, static_cast<std::uint32_t>(length), pieces);
    left -= gathered.length;
    const bool last = left == 0 || gathered.length == 0;
    std::uint8_t flags = TcpFlags::kAck;
    if (gathered.push || at + gathered.length == stream_map_.end(stream)) flags |= TcpFlags::kPsh;
    if (gathered.length == 0) flags = TcpFlags::kAck;
    if (segment.fin && last) flags |= TcpFlags::kFin;
    ReplaySegment out = header(flags, facts, ctx);
    out.seq = replay_numbers_.wrap(at);
    out.payload_length = gathered.length;
    if (urgent > 0 && urgent <= UINT16_MAX) {  // else the segments that follow tell
      out.flags.bits |= TcpFlags::kUrg;
      out.urgent = static_cast<std::uint16_t>(urgent);
    }
    put(out, std::span(pieces).first(gathered.pieces), ctx);
    at += gathered.length;
    if (last) break;
  } while (true);
  receiver_.on_ack_sent(ctx.now);
}

ReplaySegment Connection::header(std::uint8_t flags, const SessionFacts& facts,
                                 const Context& ctx) {
  ReplaySegment segment = segment_of(facts.flow, flags);
  const TargetOffset ack = receiver_.ack(ctx.now);
  segment.ack = target_numbers_.wrap(ack);
  segment.window = window_field(facts.offer, ack);
  if (timestamps_) {
    const std::uint32_t value = facts.offer.options.timestamps->value + ticks(ctx.now) - ts_zero_;
    segment.options.timestamps = TcpOptions::Timestamps{value, ts_recent_};
  }
  return segment;
}

// The client's own window: one that reads slowly is a slow reader for the target too. What was
// allowed once stays allowed (RFC 9293, 3.8.6), so the field is rounded up.
std::uint16_t Connection::window_field(const ClientOffer& offer, TargetOffset ack) {
  const std::uint32_t shift = scaled_ ? *offer.options.window_scale : 0U;
  const std::int64_t room = std::max<std::int64_t>(offer.window, right_edge_ - ack);
  const std::int64_t field =
      std::min<std::int64_t>((room + (std::int64_t{1} << shift) - 1) >> shift, UINT16_MAX);
  right_edge_ = std::max(right_edge_, ack + (field << shift));
  return static_cast<std::uint16_t>(field);
}

void Connection::send_bare(std::uint8_t flags, ReplayOffset at, const SessionFacts& facts,
                           const Context& ctx) {
  ReplaySegment segment = header(flags, facts, ctx);
  segment.seq = replay_numbers_.wrap(at);
  if (sack_ && (flags & TcpFlags::kRst) == 0) {
    const Receiver::Gaps gaps = receiver_.sack_blocks();
    for (; segment.sack_count < gaps.count; ++segment.sack_count) {
      const Receiver::Range& range = gaps.blocks[segment.sack_count];
      segment.sacks[segment.sack_count] = {target_numbers_.wrap(range.begin),
                                           target_numbers_.wrap(range.end)};
    }
  }
  put(segment, {}, ctx);
  receiver_.on_ack_sent(ctx.now);
}

bool Connection::on_deadline(const SessionFacts& facts, const Context& ctx) {
  if (state_ == State::kSynSent && syn_deadline_ <= ctx.now) {
    if (syns_ >= kMaxSynTransmissions) return false;
    ctx.routes.announce(facts.flow.key());
    send_syn(facts, ctx);
  }
  if (state_ == State::kOpen && sender_.deadline() <= ctx.now) {
    if (timeouts_ < UINT8_MAX) ++timeouts_;
    if (timeouts_ >= kDoubtfulTimeouts) ctx.routes.announce(facts.flow.key());
    sender_.on_deadline(offer(), ctx.now);
  }
  if (Rewriter* module = stream_map_.rewriter()) module->on_deadline(ctx.now);
  return true;
}

void Connection::send_due_ack(const SessionFacts& facts, const Context& ctx) {
  if (state_ != State::kOpen || receiver_.ack_due() > ctx.now) return;
  send_bare(TcpFlags::kAck, sender_.acceptable_seq(1U << target_window_shift_), facts, ctx);
}

Instant Connection::deadline() const {
  if (state_ == State::kSynSent) return syn_deadline_;
  if (state_ == State::kClosed) return kNever;
  const Instant held = rewriter() != nullptr ? rewriter()->deadline() : kNever;
  return std::min({sender_.deadline(), receiver_.ack_due(), turns_.deadline(), held});
}

void Connection::reset(const SessionFacts& facts, const Context& ctx) {
  if (state_ == State::kOpen && !finished()) {
    const ReplayOffset at = sender_.acceptable_seq(1U << target_window_shift_);
    send_bare(TcpFlags::kRst | TcpFlags::kAck, at, facts, ctx);
  } else if (state_ == State::kSynSent) {
    // The target may have answered already: an RST behind our SYN ends its half-open connection.
    put(reset_segment(facts.flow, replay_numbers_.wrap(sender_.snd_una())), {}, ctx);
  }
  state_ = State::kClosed;
  if (Rewriter* module = stream_map_.rewriter()) module->close();
}

void Connection::send_keep_alive(const SessionFacts& facts, const Context& ctx) {
  if (state_ != State::kOpen || sender_.in_flight() > 0) return;
  send_bare(TcpFlags::kAck, sender_.snd_nxt() - 1, facts, ctx);
}

void Connection::on_path_restored(const SessionFacts& facts, const Context& ctx) {
  if (state_ == State::kSynSent) {
    // Those that were sent into the outage do not count, but they make the round trip ambiguous.
    syns_ = 1;
    send_syn(facts, ctx);
  } else if (state_ == State::kOpen) {
    sender_.retransmit_all();
    if (client_ready_) receiver_.acknowledge_by(ctx.now);
  }
}

Seq<space::Replay> Connection::next_iss() const {
  return replay_numbers_.wrap(sender_.snd_nxt()) + kIssStep;
}

}  // namespace tcpcopy::session
