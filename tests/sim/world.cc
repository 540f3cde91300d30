// SPDX-License-Identifier: BSD-3-Clause
// The run, the trace, and the network.
#include "tests/sim/world.hh"

#include <cstdio>
#include <utility>

#include "tests/sim/hosts.hh"

namespace tcpcopy::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatience = 40'000s;
constexpr Duration kHeldBackAtMost = 50ms;

session::Settings settings_of(const Weather& weather) {
  session::Settings settings;
  settings.turn_order = weather.turn_order;
  settings.copies = weather.copies;
  settings.idle_timeout = 80min;  // clients say nothing for more than an hour
  return settings;
}

session::SourceAddresses addresses_of(const Weather& weather) {
  if (!weather.pool) return session::SourceAddresses();
  return session::SourceAddresses({Address::v4(kPool + 1), Address::v4(kPool + 2)}, std::nullopt);
}

TargetRules rules() {
  return TargetRules(
      {{std::nullopt, kOnlinePort, kTarget}, {std::nullopt, kGreetingPort, kTargetGreeting}});
}

}  // namespace

World::World(Plan plan)
    : plan_(std::move(plan)),
      weather_(plan_.weather),
      dice_(plan_.seed),
      engine_(settings_of(weather_), rules(), addresses_of(weather_), clockwork_.now()),
      router_(wire::kHeaderRecordSize) {
  for (int i = 0; i < (weather_.two_links ? 2 : 1); ++i)
    links_.emplace_back(mode_).id = ++last_link_;
  std::uint32_t id = 0;
  for (const ClientPlan& client : plan_.clients) {
    clockwork_.after(client.starts_after, [this, &client, id = ++id] { start_client(id, client); });
  }
  if (weather_.flood > 0) start_flood();
  if (weather_.forged) start_forging();
  if (weather_.link_breaks) {
    clockwork_.after(std::chrono::milliseconds(dice_.between(1, 1500)), [this] { break_link(); });
  }
  if (weather_.target_restarts) {
    clockwork_.after(std::chrono::milliseconds(dice_.between(1, 1500)),
                     [this] { restart_target(); });
  }
}

World::~World() = default;

void World::fail(const std::string& what) {
  if (!failure_.empty()) return;
  char time[32];
  std::snprintf(time, sizeof time, "%.6f s: ",
                std::chrono::duration<double>(clockwork_.now().time_since_epoch()).count() - 100);
  failure_ = time + what + " (target " + std::to_string(static_cast<int>(weather_.character)) +
             (weather_.calm ? ", calm)" : ")");
}

void World::note(const char* where, const Packet& packet) {
  if (!tracing_) return;
  std::string flags;
  for (const auto& [letter, bit] : {std::pair('S', TcpFlags::kSyn),
                                    {'F', TcpFlags::kFin},
                                    {'R', TcpFlags::kRst},
                                    {'A', TcpFlags::kAck}}) {
    if (packet.has(bit)) flags += letter;
  }
  const FlowKey flow{packet.source, packet.destination};
  if (packet.has(TcpFlags::kSyn)) traced_from_[flow] = packet.seq;
  const std::uint32_t ack =
      packet.has(TcpFlags::kAck) ? relative({packet.destination, packet.source}, packet.ack) : 0;
  std::printf("%10.6f %-18s %5u>%-5u %-3s seq %u ack %u len %zu win %u\n",
              std::chrono::duration<double>(clockwork_.now().time_since_epoch()).count() - 100,
              where, packet.source.port, packet.destination.port, flags.c_str(),
              relative(flow, packet.seq), ack, packet.payload.size(), packet.window);
}

// Counts from the flow's SYN.
std::uint32_t World::relative(const FlowKey& flow, std::uint32_t number) const {
  const auto from = traced_from_.find(flow);
  return from == traced_from_.end() ? number : number - from->second;
}

std::string World::run() {
  const Instant limit = clockwork_.now() + kPatience;
  Instant last;
  std::uint64_t steps_there = 0;
  while (failure_.empty() && clockwork_.step(limit)) {
    steps_there = clockwork_.now() == last ? steps_there + 1 : 0;
    last = clockwork_.now();
    if (steps_there > 100'000) fail("time stands still");
  }
  if (failure_.empty()) check_end();
  return failure_;
}

// Does to a packet what the plan wants done to it.
void World::tamper(Path path, const Packet& packet, const Deliver& hand_on) {
  Passage& passage = passages_[index(path)];
  const auto kind = plan_.tampering(path, passage.packets++);
  if (kind == Tampering::Kind::kDrop) return;
  if (kind == Tampering::Kind::kSwap && !passage.held_back) {
    passage.held_back = [packet, hand_on] { hand_on(packet); };
    clockwork_.after(kHeldBackAtMost, [this, &passage] { let_go(passage); });
    return;
  }
  hand_on(packet);
  if (kind == Tampering::Kind::kDuplicate) hand_on(packet);
  let_go(passage);
}

void World::let_go(Passage& passage) {
  if (const auto hand_on = std::exchange(passage.held_back, nullptr)) hand_on();
}

const Faults& World::faults_of(Path path) const {
  switch (path) {
    case Path::kClientOnline:
      return weather_.client_online;
    case Path::kOnlineClient:
      return weather_.online_client;
    case Path::kOnlineTarget:
      return weather_.online_target;
    case Path::kTargetAssistant:
    case Path::kCapture:
      break;
  }
  return weather_.target_assistant;
}

void World::travel(Path path, const Packet& packet, const Deliver& deliver) {
  tamper(path, packet, [this, deliver, &faults = faults_of(path)](const Packet& passing) {
    const int copies = dice_.chance(faults.duplication) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      if (dice_.chance(faults.loss)) continue;
      Duration delay = faults.delay;
      if (faults.jitter > 0ns) delay += Duration(dice_.between(0, faults.jitter.count()));
      clockwork_.after(delay, [passing, deliver] { deliver(passing); });
    }
  });
}

std::uint32_t World::draw_initial_number() {
  return plan_.near - static_cast<std::uint32_t>(dice_.between(0, plan_.near_range));
}

}  // namespace tcpcopy::sim
