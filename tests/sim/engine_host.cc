// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/engine_host.hh"

#include <string>

#include "tests/sim/packets.hh"
#include "tests/sim/places.hh"

namespace tcpcopy::sim {
namespace {

using namespace std::chrono_literals;

// Of each packet that is held, in bytes, and of each session in its life.
constexpr std::uint64_t kMostOverhead = 160;
constexpr std::uint64_t kMostWakeUps = 20;

session::Settings settings_of(const Weather& weather) {
  session::Settings settings;
  settings.turn_order = weather.turn_order;
  settings.copies = weather.copies;
  settings.idle_timeout = 80min;  // clients say nothing for more than an hour
  return settings;
}

session::SourceAddresses addresses_of(const Weather& weather) {
  if (!weather.pool) return {};
  return session::SourceAddresses({Address::v4(kPool + 1), Address::v4(kPool + 2)}, std::nullopt);
}

TargetRules rules() {
  return TargetRules(
      {{std::nullopt, kOnlinePort, kTarget}, {std::nullopt, kGreetingPort, kTargetGreeting}});
}

}  // namespace

EngineHost::EngineHost(Stage& stage, Path& to_target, Channel& channel, const HeardFrom& target)
    : stage_(stage),
      to_target_(to_target),
      channel_(channel),
      target_(target),
      garbling_(stage.plan().seed, false),
      greeted_garbling_(stage.plan().seed, true),
      engine_(settings_of(stage.weather()), rules(), addresses_of(stage.weather()), stage.now(),
              {*this, *this}, modules()) {
  channel.lead_to(*this);
}

session::TargetModules EngineHost::modules() {
  if (!stage_.weather().module) return {};
  return {{kTarget, &garbling_}, {kTargetGreeting, &greeted_garbling_}};
}

void EngineHost::on_captured(const Packet& packet) {
  auto segment = to_segment<ClientSegment>(packet);
  segment.payload = as_bytes(packet.payload);
  wake_up([&] { engine_.on_segment(segment, stage_.now()); });
}

void EngineHost::on_response(const Response& response) {
  check_is_own(response);
  engine_.on_response(response, stage_.now());
}

void EngineHost::on_restored() { engine_.on_path_restored(stage_.now()); }

void EngineHost::wake_up(const std::function<void()>& input) {
  input();
  engine_.on_deadline(stage_.now());
  channel_.flush_announcements();  // routes leave before the packets, as in the daemon
  if (!ledger().balanced()) stage_.fail("the ledger does not balance");
  check_held();
  if (engine_.sessions() > 0) {
    sessions_gone_at_ = kNever;
  } else if (sessions_gone_at_ == kNever) {
    sessions_gone_at_ = stage_.now();
  }
  schedule();
}

void EngineHost::schedule() {
  const Instant next = engine_.next_deadline();
  if (next == kNever || next >= wake_up_at_) return;
  wake_up_at_ = next;
  stage_.clockwork().at(next, [this, next] {
    if (wake_up_at_ != next) return;
    wake_up_at_ = kNever;
    ++timer_wake_ups_;
    wake_up([] {});
  });
}

bool EngineHost::announce(const FlowKey& flow) {
  announced_.insert(flow);
  return channel_.announce(flow);
}

void EngineHost::send(const ReplaySegment& segment, std::span<const Bytes> payload) {
  check_sent(segment);
  const Packet packet = to_packet(segment, payload);
  note_sent(packet);
  to_target_.carry(packet);
}

void EngineHost::note_sent(const Packet& packet) {
  for (const std::uint64_t value :
       {std::uint64_t{packet.seq}, std::uint64_t{packet.ack}, std::uint64_t{packet.flags},
        std::uint64_t{packet.payload.size()}}) {
    fingerprint_ = (fingerprint_ ^ value) * 1099511628211ULL;
  }
  stage_.note("replay", packet);
}

// Responses come to who announced their connection.
void EngineHost::check_is_own(const Response& response) {
  if (!announced_.contains({response.destination, response.source})) {
    stage_.fail("a response of somebody else's connection");
  }
}

// Nothing is larger than the target takes, and a SYN begins anew.
void EngineHost::check_sent(const ReplaySegment& segment) {
  if (segment.payload_length > MiniTcp::kMss) {
    stage_.fail("a segment is larger than the target takes");
  }
  const FlowKey flow{segment.source, segment.destination};
  if (segment.flags.syn()) {
    last_acks_.erase(flow);
  } else if (segment.flags.ack()) {
    check_ack(flow, segment.ack.raw);
  }
}

// Acknowledgments never regress, and nothing is acknowledged that the target has not sent.
void EngineHost::check_ack(const FlowKey& flow, std::uint32_t ack) {
  const auto connection = target_.connection(flow);
  if (!connection) return;
  if (static_cast<std::int32_t>(connection->sent_up_to - ack) < 0 && !connection->closed) {
    stage_.fail("acknowledges what the target never sent");
  }
  LastAck& last = last_acks_.try_emplace(flow, LastAck{connection->number, ack}).first->second;
  if (last.connection == connection->number && static_cast<std::int32_t>(ack - last.ack) < 0) {
    stage_.fail("an acknowledgment regressed");
  }
  last = {connection->number, ack};
}

// A packet costs its bytes, in chunks that may have room for as many more, and what keeps them. One
// that fills several gaps lies in several, and is accounted with one.
void EngineHost::check_held() {
  const session::Account held = ledger().held;
  // What a module wrote comes to the client's own: no more than twice that, and a header.
  const std::uint64_t written =
      stage_.weather().module ? 2 * held.bytes + 2 * kMostOverhead * (held.packets + 3) : 0;
  if (engine_.held_memory() > 2 * held.bytes + kMostOverhead * (held.packets + 3) + written) {
    stage_.fail("more memory is held than bytes");
  }
}

// What the engine does is done for a packet that came, or for one that leaves; but for the timing
// wheel, whose first level turns four times a second.
void EngineHost::check_steps() {
  const session::Ledger& all = ledger();
  const std::uint64_t packets = all.captured.packets + all.responses + all.segments_sent;
  const auto turns = static_cast<std::uint64_t>(stage_.elapsed() / 250ms);
  if (timer_wake_ups_ > packets + kMostWakeUps * all.sessions_opened + turns) {
    stage_.fail(std::to_string(timer_wake_ups_) + " wake-ups for " + std::to_string(packets) +
                " packets of " + std::to_string(all.sessions_opened) + " sessions");
  }
}

void EngineHost::check_end() {
  if (engine_.sessions() != 0) stage_.fail("a session never ended");
  if (engine_.timers() != 0) stage_.fail("a timer is left");
  if (ledger().held.bytes != 0 || ledger().held.packets != 0) stage_.fail("bytes are still held");
  check_steps();
}

}  // namespace tcpcopy::sim
