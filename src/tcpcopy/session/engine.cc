// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/engine.hh"

#include <optional>
#include <utility>

#include "tcpcopy/session/limits.hh"
#include "tcpcopy/session/port_candidates.hh"

namespace tcpcopy::session {

Engine::Engine(const Settings& settings, TargetRules rules, SourceAddresses addresses,
               Instant start)
    : settings_(settings),
      rules_(std::move(rules)),
      addresses_(std::move(addresses)),
      wheel_(start),
      ended_(kRememberEnded, kMaxRememberedEnded) {}

// Gives a session an input and does what every input ends with: bounds, its timer, its end.
template <typename Input>
void Engine::drive(Session& session, const Context& ctx, Input input) {
  const std::uint64_t held_before = session.held_memory();
  input();
  const std::uint64_t held_now = session.held_memory();
  if (!session.ended() && held_now > held_before && held_now > settings_.max_held_per_session) {
    session.end(LossReason::kMemoryLimit, ctx);
  }
  if (!session.ended()) {
    held_memory_ += held_now - held_before;
    wheel_.schedule(session, session.next_deadline());
    return;
  }
  held_memory_ -= held_before;
  if (session.client_ended()) ended_.insert(session.captured(), {}, ctx.now);
  wheel_.cancel(session);
  table_.erase(session);
}

template <typename Input>
void Engine::drive_all(const Context& ctx, Input input) {
  for (Session* session = table_.oldest(); session != nullptr;) {
    Session* newer = session->newer;
    drive(*session, ctx, [&] { input(*session); });
    session = newer;
  }
}

void Engine::on_client_segment(const ClientSegment& segment, Instant now, const Output& out) {
  const Endpoint* target = rules_.target_of(segment.destination);
  if (target == nullptr) return;
  const Context ctx = context(now, out);
  const FlowKey captured{segment.source, segment.destination};
  Session* session = table_.find_captured(captured);
  if (session != nullptr && segment.flags.syn() && !session->began_with(segment)) {
    // The client opened a new connection on the same ports: the old one is over.
    table_.detach_captured(*session);
    drive(*session, ctx, [&] { session->on_client_gone(ctx); });
    session = nullptr;
  }
  if (session == nullptr) {
    take_unowned(segment, captured, *target, ctx);
    return;
  }
  drive(*session, ctx, [&] { session->on_client_segment(segment, ctx); });
  shed_over_limit(ctx);
}

// The newest sessions go first: the older ones have more to lose.
void Engine::shed_over_limit(const Context& ctx) {
  while (held_memory_ > settings_.max_held && table_.newest() != nullptr) {
    Session& newest = *table_.newest();
    drive(newest, ctx, [&] { newest.end(LossReason::kMemoryLimit, ctx); });
  }
}

// A packet of a client that has no session: it may begin one.
void Engine::take_unowned(const ClientSegment& segment, const FlowKey& captured,
                          const Endpoint& target, const Context& ctx) {
  if (segment.flags.syn() && !segment.flags.ack() && !segment.flags.rst()) {
    open_session(segment, captured, target, ctx);
    return;
  }
  if (segment.payload_length == 0) {
    ledger_.captured += {1, 0};
    ++ledger_.control_packets;
    return;
  }
  if (ended_.contains(captured, ctx.now)) {
    ledger_.captured += {1, segment.payload_length};
    ledger_.duplicate += {1, segment.payload_length};
    return;
  }
  if (settings_.only_from_start || segment.flags.rst()) {
    ledger_.capture_and_lose(LossReason::kNoBoundary, segment.payload_length);
    return;
  }
  open_session(segment, captured, target, ctx);
}

void Engine::open_session(const ClientSegment& first, const FlowKey& captured,
                          const Endpoint& target, const Context& ctx) {
  ++ledger_.sessions_opened;
  const auto refuse = [&](LossReason reason) {
    ++ledger_.sessions_lost[static_cast<std::size_t>(reason)];
    if (first.payload_length > 0) {
      ledger_.capture_and_lose(reason, first.payload_length);
    } else {
      ledger_.captured += {1, 0};
      ++ledger_.control_packets;
    }
  };
  if (table_.size() >= settings_.max_sessions) return refuse(LossReason::kSessionLimit);
  if (held_memory_ >= settings_.max_held) return refuse(LossReason::kMemoryLimit);
  const std::optional<FlowKey> flow = free_target_flow(first, target);
  if (!flow) return refuse(LossReason::kNoFreePort);

  ++ledger_.sessions_live;
  ended_.erase(captured);
  Session& session = table_.insert(std::make_unique<Session>(captured, *flow));
  drive(session, ctx, [&] {
    session.begin(first, ctx);
    session.on_client_segment(first, ctx);
  });
}

std::optional<FlowKey> Engine::free_target_flow(const ClientSegment& first,
                                                const Endpoint& target) {
  const Endpoint client{addresses_.map(first.source.address), first.source.port};
  PortCandidates candidates(client);
  while (const auto port = candidates.next()) {
    const FlowKey flow{{client.address, *port}, target};
    if (table_.find_target(flow) != nullptr) continue;
    if (*port != client.port) ++ledger_.ports_changed;
    return flow;
  }
  return std::nullopt;
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
  ReplaySegment rst;
  rst.source = response.destination;
  rst.destination = response.source;
  rst.seq = response.ack;
  rst.flags = {TcpFlags::kRst};
  ++ledger_.segments_sent;
  ctx.packets.send(rst, {});
}

void Engine::on_deadline(Instant now, const Output& out) {
  const Context ctx = context(now, out);
  TimerNode* chain = wheel_.advance(now);
  while (TimerNode* node = TimingWheel::pop(chain)) {
    auto& session = static_cast<Session&>(*node);
    drive(session, ctx, [&] { session.on_deadline(ctx); });
  }
}

void Engine::on_route_restored(Instant now, const Output& out) {
  const Context ctx = context(now, out);
  drive_all(ctx, [&](Session& session) { session.on_route_restored(ctx); });
}

void Engine::drain(Instant now, const Output& out) {
  const Context ctx = context(now, out);
  drive_all(ctx, [&](Session& session) { session.drain(ctx); });
}

void Engine::shut_down(Instant now, const Output& out) {
  const Context ctx = context(now, out);
  drive_all(ctx, [&](Session& session) { session.end(LossReason::kShutdown, ctx); });
}

}  // namespace tcpcopy::session
