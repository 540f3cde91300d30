// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/engine.hh"

#include <algorithm>
#include <optional>
#include <utility>

#include "tcpcopy/batch.hh"
#include "tcpcopy/session/limits.hh"
#include "tcpcopy/session/port_candidates.hh"

namespace tcpcopy::session {
namespace {

std::uint64_t fingerprint(const SourceKey& source) { return absl::Hash<SourceKey>()(source); }
std::uint64_t fingerprint(const net::Ipv4Flow& flow) { return absl::Hash<net::Ipv4Flow>()(flow); }

// Brings a count of sessions up to date with one of them.
void recount(bool counts, bool& counted, std::size_t& count) {
  if (counts == counted) return;
  counted = counts;
  count = counts ? count + 1 : count - 1;
}

}  // namespace

Engine::Engine(const Settings& settings, TargetRules rules, SourceAddresses addresses,
               Instant start)
    : settings_(settings),
      rules_(std::move(rules)),
      addresses_(std::move(addresses)),
      sampling_(settings.percent, settings.ramp, start),
      wheel_(start),
      ended_(kRememberEnded),
      given_up_(kRememberGivenUp) {
  for (const TargetRule& rule : rules_.all())
    habits_.emplace_back(rule.target, TargetHabits());
}

// REQUIRES: it is the target of a rule.
TargetHabits& Engine::habits_of(const Endpoint& target) {
  return std::find_if(habits_.begin(), habits_.end(),
                      [&](const auto& h) { return h.first == target; })
      ->second;
}

// Gives a session an input and does what every input ends with: bounds, its timer, its end.
template <typename Input>
void Engine::drive(SessionNode& session, const Context& ctx, Input input) {
  const std::uint64_t held_before = session.held_memory();
  input();
  const std::uint64_t held_now = session.held_memory();
  const bool too_much = held_now > settings_.max_held_per_session ||
                        session.held_pieces() > settings_.max_pieces_per_session;
  if (!session.ended() && held_now > held_before && too_much) {
    session.end(LossReason::kMemoryLimit, ctx);
  }
  recount(session.unfinished(), session.counted_unfinished, unfinished_);
  recount(session.waits_for_target(), session.counted_waiting, waiting_);
  if (!session.ended()) {
    held_memory_ += held_now - held_before;
    wheel_.schedule(session, session.next_deadline(ctx));
    return;
  }
  held_memory_ -= held_before;
  if (session.client_ended()) ended_.insert(fingerprint(session.source()), ctx.now);
  if (session.given_up()) given_up_.insert(fingerprint(session.source()), ctx.now);
  // Under pressure nothing more is taken for what ends.
  if (!shedding_) ended_.insert(fingerprint(session.target()), ctx.now);
  wheel_.cancel(session);
  table_.erase(session);
}

void Engine::on_client_segment(const ClientSegment& segment, Instant now, const Output& out) {
  const Endpoint* target = rules_.target_of(segment.destination);
  if (target != nullptr) on_client_segment(segment, *target, now, out);
}

void Engine::on_client_segment(const ClientSegment& segment, const Endpoint& target, Instant now,
                               const Output& out) {
  const Context ctx = context(now, out);
  SourceKey source{net::Ipv4Flow(segment.source, segment.destination)};
  for (; source.copy < settings_.copies; ++source.copy)
    take(segment, source, target, ctx);
  shed_over_limit(ctx);
}

void Engine::take(const ClientSegment& segment, const SourceKey& source, const Endpoint& target,
                  const Context& ctx) {
  SessionNode* session = table_.find_source(source);
  if (session != nullptr && take_rival(*session, segment, source, target, ctx)) return;
  session = table_.find_source(source);
  if (session == nullptr) {
    take_unowned(segment, source, target, ctx);
    return;
  }
  drive(*session, ctx, [&] { session->on_client_segment(segment, ctx); });
}

// What a new connection of the client on the same ports sends, where the old one has a session.
// @return whether that was all there is to do with the segment.
bool Engine::take_rival(SessionNode& session, const ClientSegment& segment, const SourceKey& source,
                        const Endpoint& target, const Context& ctx) {
  if (segment.flags.syn()) {
    // Files may hold one connection several times, with the same numbers.
    if (session.began_with(segment) && !session.client_ended()) return false;
    if (session.makes_way()) {
      replace(session, ctx);
      return false;
    }
    session.note_rival(segment, ctx);
    return true;
  }
  const ClientSegment* confirmed = session.confirmed_rival(segment);
  if (confirmed == nullptr) return false;
  // The SYN begins the new session now, and is accounted for there.
  const ClientSegment syn = *confirmed;
  ledger_.captured -= {1, 0};
  --ledger_.control_packets;
  replace(session, ctx);
  take_unowned(syn, source, target, ctx);
  return false;
}

// The client opened a new connection on the same ports: the old one is over.
void Engine::replace(SessionNode& session, const Context& ctx) {
  table_.detach_source(session);
  drive(session, ctx, [&] { session.on_client_gone(ctx); });
}

void Engine::shed_over_limit(const Context& ctx) {
  while (memory_use() > settings_.max_memory && table_.newest() != nullptr)
    shed_one(ctx);
}

// Of a few sessions the one goes that holds most, or else whose client has been silent for longest.
// All in order would take a list that every packet touches.
void Engine::shed_one(const Context& ctx) {
  SessionNode& victim = table_.choose(kShedSample, [](const Session& a, const Session& b) {
    if (std::max(a.held_memory(), b.held_memory()) > kMuchHeld) {
      return a.held_memory() > b.held_memory();
    }
    return a.last_client_at() < b.last_client_at();
  });
  shedding_ = true;
  drive(victim, ctx, [&] { victim.end(LossReason::kMemoryLimit, ctx); });
  shedding_ = false;
}

// A new client needs room more than one that says nothing: of a few sessions the one goes whose
// client has been silent for longest.
void Engine::end_an_idle_one(const Context& ctx) {
  if (table_.size() == 0) return;
  SessionNode& victim = table_.choose(kShedSample, [](const Session& a, const Session& b) {
    if (a.unfinished() != b.unfinished()) return b.unfinished();
    return a.last_client_at() < b.last_client_at();
  });
  if (victim.unfinished() || ctx.now < victim.last_client_at() + kIdleEnough) return;
  drive(victim, ctx, [&] { victim.end(LossReason::kIdle, ctx); });
}

std::size_t Engine::shed(std::uint64_t bytes, Instant now, const Output& out) {
  const Context ctx = context(now, out);
  const std::size_t before = table_.size();
  const std::uint64_t use = memory_use();
  while (table_.newest() != nullptr && use - memory_use() < bytes)
    shed_one(ctx);
  return before - table_.size();
}

// A packet of a client that has no session: it may begin one.
void Engine::take_unowned(const ClientSegment& segment, const SourceKey& source,
                          const Endpoint& target, const Context& ctx) {
  const bool begins = segment.flags.syn() && !segment.flags.ack() && !segment.flags.rst();
  if (!sampling_.takes(segment.source, ctx.now)) {
    if (begins) count_unopened(LossReason::kNotSampled);
    capture_and_lose(LossReason::kNotSampled, segment);
    return;
  }
  if (begins) {
    open_session(segment, source, target, ctx);
    return;
  }
  if (segment.payload_length == 0) {
    ledger_.captured += {1, 0};
    ++ledger_.control_packets;
    return;
  }
  if (ended_.contains(fingerprint(source), ctx.now)) {
    ledger_.captured += {1, segment.payload_length};
    ledger_.duplicate += {1, segment.payload_length};
    return;
  }
  if (given_up_.contains(fingerprint(source), ctx.now)) {
    capture_and_lose(LossReason::kGivenUp, segment);
    return;
  }
  if (settings_.only_from_start || segment.flags.rst()) {
    capture_and_lose(LossReason::kNoBoundary, segment);
    return;
  }
  open_session(segment, source, target, ctx);
}

void Engine::open_session(const ClientSegment& first, const SourceKey& source,
                          const Endpoint& target, const Context& ctx) {
  const auto refuse = [&](LossReason reason) {
    count_unopened(reason);
    capture_and_lose(reason, first);
  };
  const auto full = [&] {
    if (table_.size() >= settings_.max_sessions) return std::optional(LossReason::kSessionLimit);
    if (memory_use() >= settings_.max_memory) return std::optional(LossReason::kMemoryLimit);
    return std::optional<LossReason>();
  };
  if (full()) end_an_idle_one(ctx);
  if (const auto reason = full()) return refuse(*reason);
  const std::optional<net::Ipv4Flow> flow = free_target_flow(source, target, ctx);
  if (!flow) return refuse(LossReason::kNoFreePort);

  ++ledger_.sessions_opened;
  ++ledger_.sessions_live;
  ended_.erase(fingerprint(source));
  given_up_.erase(fingerprint(source));
  SessionNode& session =
      table_.insert(std::make_unique<SessionNode>(source, *flow, habits_of(target)));
  drive(session, ctx, [&] {
    session.begin(first, ctx);
    session.on_client_segment(first, ctx);
  });
}

void Engine::count_unopened(LossReason reason) {
  ++ledger_.sessions_opened;
  ++ledger_.sessions_lost[static_cast<std::size_t>(reason)];
}

// Accounts for a packet that goes no further.
void Engine::capture_and_lose(LossReason reason, const ClientSegment& segment) {
  const Account packet{1, segment.payload_length};
  ledger_.captured += packet;
  if (segment.payload_length == 0) {
    ++ledger_.control_packets;
  } else {
    ledger_.lose(reason, packet);
  }
}

// A session whose client has not completed its handshake gives its port back when none is free.
std::optional<net::Ipv4Flow> Engine::free_target_flow(const SourceKey& source,
                                                      const Endpoint& target, const Context& ctx) {
  const Endpoint client = source.captured.client();
  const Endpoint mapped{addresses_.map(client.address, source.copy), client.port};
  PortCandidates candidates(mapped, port_shift(settings_, source.copy));
  SessionNode* half_open = nullptr;
  while (const auto port = candidates.next()) {
    const net::Ipv4Flow flow({mapped.address, *port}, target);
    SessionNode* owner = table_.find_target(flow);
    if (owner != nullptr) {
      if (half_open == nullptr && owner->half_open()) half_open = owner;
      continue;
    }
    if (*port != candidates.preferred()) ++ledger_.ports_changed;
    return flow;
  }
  if (half_open == nullptr) return std::nullopt;
  ++ledger_.ports_changed;
  const net::Ipv4Flow flow = half_open->target();
  drive(*half_open, ctx, [&] { half_open->end(LossReason::kHalfOpen, ctx); });
  return flow;
}

std::optional<FlowKey> Engine::captured_flow(const FlowKey& target) const {
  const SessionNode* session = table_.find_target(net::Ipv4Flow(target));
  if (session == nullptr) return std::nullopt;
  return session->source().captured.key();
}

void Engine::on_response(const Response& response, Instant now, const Output& out) {
  const Context ctx = context(now, out);
  SessionNode* session = table_.find_target({response.destination, response.source});
  if (session == nullptr) {
    refuse_stray(response, ctx);
    return;
  }
  drive(*session, ctx, [&] { session->on_response(response, ctx); });
}

// RFC 9293, 3.10.7.1: a segment without a connection is answered with RST, so that the target does
// not keep what we gave up. Only a target's packet can have that effect, and only one to an address
// that is ours alone, or of a connection that was: this host, and others, may talk to the target.
void Engine::refuse_stray(const Response& response, const Context& ctx) {
  ++ledger_.responses_unknown;
  if (response.flags.rst() || !response.flags.ack() || !rules_.is_target(response.source)) return;
  const bool ours =
      addresses_.in_pool(response.destination.address) ||
      ended_.contains(fingerprint(net::Ipv4Flow(response.destination, response.source)), ctx.now);
  if (!ours) return;
  ++ledger_.segments_sent;
  ctx.packets.send(reset_segment({response.destination, response.source}, response.ack), {});
}

void Engine::on_deadline(Instant now, const Output& out) {
  const Context ctx = context(now, out);
  visit_some(ctx);
  wheel_.advance(now);
  for (std::size_t i = 0; i < kBatch; ++i) {
    TimerNode* node = wheel_.pop();
    if (node == nullptr) break;
    auto& session = static_cast<SessionNode&>(*node);
    drive(session, ctx, [&] { session.on_deadline(ctx); });
  }
}

void Engine::on_path_restored(Instant now, const Output& out) {
  visit_.announces = true;
  table_.begin_walk();
  visit_some(context(now, out));
}

void Engine::drain(Instant now, const Output& out) {
  if (!std::exchange(visit_.drains, true)) table_.begin_walk();
  visit_some(context(now, out));
}

void Engine::shut_down(Instant now, const Output& out) {
  visit_.ends = true;
  table_.begin_walk();
  visit_some(context(now, out));
}

void Engine::visit_some(const Context& ctx) {
  for (std::size_t i = 0; i < kBatch && table_.walking(); ++i) {
    SessionNode& session = *table_.walk();
    drive(session, ctx, [&] {
      if (visit_.ends) return session.end(LossReason::kShutdown, ctx);
      if (visit_.announces) session.on_path_restored(ctx);
      if (visit_.drains) session.drain(ctx);
    });
  }
  if (!table_.walking()) visit_ = {};
}

}  // namespace tcpcopy::session
