// SPDX-License-Identifier: BSD-3-Clause
// Which packets begin a session, and which sessions end to make room.
#include <algorithm>
#include <memory>
#include <optional>

#include "tcpcopy/session/engine.hh"
#include "tcpcopy/session/limits.hh"
#include "tcpcopy/session/port_candidates.hh"

namespace tcpcopy::session {

// A packet of a client that has no session: it may begin one.
void Engine::take_unowned(const ClientSegment& segment, const SourceKey& source,
                          const Endpoint& target, const Context& ctx) {
  const bool begins = segment.flags.syn() && !segment.flags.ack() && !segment.flags.rst();
  if (!sampling_.takes(segment.source, ctx.now)) {
    if (begins) count_unopened(LossReason::kNotSampled, source, target);
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
    count_unopened(reason, source, target);
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
  Target& of = known(target);
  SessionNode& session =
      table_.insert(std::make_unique<SessionNode>(source, *flow, of.habits, of.module));
  held_memory_ += session.held_memory();  // what its module keeps
  if (observer_ != nullptr) {
    observer_->on_event({SessionEvent::What::kOpened, source.captured.key(), flow->key()});
  }
  drive(session, ctx, [&] {
    session.begin(first, ctx);
    session.on_client_segment(first, ctx);
  });
}

void Engine::count_unopened(LossReason reason, const SourceKey& source, const Endpoint& target) {
  if (observer_ != nullptr) {
    observer_->on_event({SessionEvent::What::kNotOpened, source.captured.key(),
                         FlowKey{source.captured.client(), target}, to_string(reason)});
  }
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

std::size_t Engine::shed(std::uint64_t bytes, Instant now) {
  const Context ctx = context(now);
  const std::size_t before = table_.size();
  const std::uint64_t use = memory_use();
  while (table_.newest() != nullptr && use - memory_use() < bytes)
    shed_one(ctx);
  return before - table_.size();
}

}  // namespace tcpcopy::session
