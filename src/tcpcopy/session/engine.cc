// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/engine.hh"

#include <optional>
#include <utility>

#include "tcpcopy/batch.hh"
#include "tcpcopy/session/limits.hh"
#include "tcpcopy/session/port_candidates.hh"

namespace tcpcopy::session {
namespace {

std::uint64_t fingerprint(const SourceKey& source) { return absl::Hash<SourceKey>()(source); }

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
      ended_(kRememberEnded) {}

// Gives a session an input and does what every input ends with: bounds, its timer, its end.
template <typename Input>
void Engine::drive(Session& session, const Context& ctx, Input input) {
  const std::uint64_t held_before = session.held_memory();
  input();
  const std::uint64_t held_now = session.held_memory();
  if (!session.ended() && held_now > held_before && held_now > settings_.max_held_per_session) {
    session.end(LossReason::kMemoryLimit, ctx);
  }
  recount(session.unfinished(), session.counted_unfinished, unfinished_);
  recount(session.waits_for_target(), session.counted_waiting, waiting_);
  if (!session.ended()) {
    held_memory_ += held_now - held_before;
    wheel_.schedule(session, session.next_deadline(settings_));
    return;
  }
  held_memory_ -= held_before;
  if (session.client_ended()) ended_.insert(fingerprint(session.source()), ctx.now);
  wheel_.cancel(session);
  table_.erase(session);
}

void Engine::on_client_segment(const ClientSegment& segment, Instant now, const Output& out) {
  const Endpoint* target = rules_.target_of(segment.destination);
  if (target == nullptr) return;
  const Context ctx = context(now, out);
  SourceKey source{net::Ipv4Flow(segment.source, segment.destination)};
  for (; source.copy < settings_.copies; ++source.copy)
    take(segment, source, *target, ctx);
  shed_over_limit(ctx);
}

void Engine::take(const ClientSegment& segment, const SourceKey& source, const Endpoint& target,
                  const Context& ctx) {
  Session* session = table_.find_source(source);
  if (session != nullptr && segment.flags.syn() && !session->began_with(segment)) {
    // The client opened a new connection on the same ports: the old one is over.
    table_.detach_source(*session);
    drive(*session, ctx, [&] { session->on_client_gone(ctx); });
    session = nullptr;
  }
  if (session == nullptr) {
    take_unowned(segment, source, target, ctx);
    return;
  }
  drive(*session, ctx, [&] { session->on_client_segment(segment, ctx); });
}

// The newest sessions go first: the older ones have more to lose.
void Engine::shed_over_limit(const Context& ctx) {
  while (memory_use() > settings_.max_memory && table_.newest() != nullptr)
    shed_newest(ctx);
}

void Engine::shed_newest(const Context& ctx) {
  Session& newest = *table_.newest();
  drive(newest, ctx, [&] { newest.end(LossReason::kMemoryLimit, ctx); });
}

std::size_t Engine::shed(std::uint64_t bytes, Instant now, const Output& out) {
  const Context ctx = context(now, out);
  const std::size_t before = table_.size();
  const std::uint64_t use = memory_use();
  while (table_.newest() != nullptr && use - memory_use() < bytes)
    shed_newest(ctx);
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
  if (table_.size() >= settings_.max_sessions) return refuse(LossReason::kSessionLimit);
  if (memory_use() >= settings_.max_memory) return refuse(LossReason::kMemoryLimit);
  const std::optional<net::Ipv4Flow> flow = free_target_flow(source, target);
  if (!flow) return refuse(LossReason::kNoFreePort);

  ++ledger_.sessions_opened;
  ++ledger_.sessions_live;
  ended_.erase(fingerprint(source));
  Session& session = table_.insert(std::make_unique<Session>(source, *flow));
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

std::optional<net::Ipv4Flow> Engine::free_target_flow(const SourceKey& source,
                                                      const Endpoint& target) {
  const Endpoint client = source.captured.client();
  const Endpoint mapped{addresses_.map(client.address, source.copy), client.port};
  PortCandidates candidates(mapped, port_shift(settings_, source.copy));
  while (const auto port = candidates.next()) {
    const net::Ipv4Flow flow({mapped.address, *port}, target);
    if (table_.find_target(flow) != nullptr) continue;
    if (*port != candidates.preferred()) ++ledger_.ports_changed;
    return flow;
  }
  return std::nullopt;
}

std::optional<FlowKey> Engine::captured_flow(const FlowKey& target) const {
  const Session* session = table_.find_target(net::Ipv4Flow(target));
  if (session == nullptr) return std::nullopt;
  return session->source().captured.key();
}

void Engine::on_response(const Response& response, Instant now, const Output& out) {
  const Context ctx = context(now, out);
  Session* session = table_.find_target({response.destination, response.source});
  if (session == nullptr) {
    refuse_stray(response, ctx);
    return;
  }
  drive(*session, ctx, [&] { session->on_response(response, ctx); });
}

// RFC 9293, 3.10.7.1: a segment without a connection is answered with RST, so that the target does
// not keep what we gave up. Only a target's packet can have that effect.
void Engine::refuse_stray(const Response& response, const Context& ctx) {
  ++ledger_.responses_unknown;
  if (response.flags.rst() || !response.flags.ack() || !rules_.is_target(response.source)) return;
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
    auto& session = static_cast<Session&>(*node);
    drive(session, ctx, [&] { session.on_deadline(ctx); });
  }
}

void Engine::on_route_restored(Instant now, const Output& out) {
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
    Session& session = *table_.walk();
    drive(session, ctx, [&] {
      if (visit_.ends) return session.end(LossReason::kShutdown, ctx);
      if (visit_.announces) session.on_route_restored(ctx);
      if (visit_.drains) session.drain(ctx);
    });
  }
  if (!table_.walking()) visit_ = {};
}

}  // namespace tcpcopy::session
