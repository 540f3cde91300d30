// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/engine.hh"

#include <algorithm>
#include <optional>
#include <utility>

#include "tcpcopy/batch.hh"
#include "tcpcopy/session/ledger_report.hh"
#include "tcpcopy/session/limits.hh"

namespace tcpcopy::session {
namespace {

// Brings a count of sessions up to date with one of them.
void recount(bool counts, bool& counted, std::size_t& count) {
  if (counts == counted) return;
  counted = counts;
  count = counts ? count + 1 : count - 1;
}

}  // namespace

Engine::Engine(const Settings& settings, TargetRules rules, SourceAddresses addresses,
               Instant start, const Ports& ports, const TargetModules& modules)
    : settings_(settings),
      ports_(ports),
      rules_(std::move(rules)),
      addresses_(std::move(addresses)),
      sampling_(settings.percent, settings.ramp, start),
      wheel_(start),
      ended_(kRememberEnded),
      given_up_(kRememberGivenUp) {
  for (const TargetRule& rule : rules_.all())
    targets_.push_back({rule.target, {}});
  for (const auto& [endpoint, module] : modules)
    known(endpoint).module = module;
}

// REQUIRES: it is the target of a rule.
Engine::Target& Engine::known(const Endpoint& target) {
  return *std::find_if(targets_.begin(), targets_.end(),
                       [&](const Target& t) { return t.endpoint == target; });
}

// After each input of a session: bounds, its timer, its end.
void Engine::settle(SessionNode& session, std::uint64_t held_before, const Context& ctx) {
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

void Engine::on_segment(const ClientSegment& segment, Instant now) {
  const Endpoint* target = rules_.target_of(segment.destination);
  if (target != nullptr) on_segment(segment, *target, now);
}

void Engine::on_segment(const ClientSegment& segment, const Endpoint& target, Instant now) {
  const Context ctx = context(now);
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

Duration Engine::drain_time() const { return kDrainTime; }

Standing Engine::standing() const {
  return {table_.size(),
          unfinished_,
          waiting_,
          ledger_.held.bytes,
          ledger_.delivered.bytes,
          ledger_.syns_sent,
          ledger_.connections,
          ledger_.bytes_sent,
          ledger_.segments_sent,
          ledger_.resets};
}

void Engine::report(Report& to) const { session::report(ledger_, to); }

std::optional<FlowKey> Engine::captured_flow(const FlowKey& target) const {
  const SessionNode* session = table_.find_target(net::Ipv4Flow(target));
  if (session == nullptr) return std::nullopt;
  return session->source().captured.key();
}

std::optional<FlowKey> Engine::newest_connection() const {
  if (table_.newest() == nullptr) return std::nullopt;
  return table_.newest()->target().key();
}

void Engine::on_response(const Response& response, Instant now) {
  const Context ctx = context(now);
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

void Engine::on_deadline(Instant now) {
  const Context ctx = context(now);
  visit_some(ctx);
  wheel_.advance(now);
  for (std::size_t i = 0; i < kBatch; ++i) {
    TimerNode* node = wheel_.pop();
    if (node == nullptr) break;
    auto& session = static_cast<SessionNode&>(*node);
    drive(session, ctx, [&] { session.on_deadline(ctx); });
  }
}

void Engine::on_path_restored(Instant now) {
  visit_.announces = true;
  table_.begin_walk();
  visit_some(context(now));
}

void Engine::drain(Instant now) {
  if (!std::exchange(visit_.drains, true)) table_.begin_walk();
  visit_some(context(now));
}

void Engine::shut_down(Instant now) {
  visit_.ends = true;
  table_.begin_walk();
  visit_some(context(now));
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
