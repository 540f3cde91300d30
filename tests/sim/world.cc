// SPDX-License-Identifier: BSD-3-Clause
// The wiring, and the run.
#include "tests/sim/world.hh"

#include <utility>

#include "tests/sim/hosts.hh"

namespace tcpcopy::sim {
namespace {

using namespace std::chrono_literals;

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
    : stage_(std::move(plan)),
      weather_(stage_.weather()),
      engine_(settings_of(weather_), rules(), addresses_of(weather_), stage_.now()),
      router_(wire::kHeaderRecordSize) {
  for (int i = 0; i < (weather_.two_links ? 2 : 1); ++i)
    links_.emplace_back(mode_).id = ++last_link_;
  path(PathId::kClientOnline).lead_to([this](const Packet& packet) { at_online(packet); });
  path(PathId::kOnlineClient).lead_to([this](const Packet& packet) { at_client(packet); });
  path(PathId::kCapture).lead_to([this](const Packet& packet) { capture(packet); });
  path(PathId::kOnlineTarget).lead_to([this](const Packet& packet) { at_target(packet); });
  path(PathId::kTargetAssistant).lead_to([this](const Packet& packet) { at_assistant(packet); });
  std::uint32_t id = 0;
  for (const ClientPlan& client : stage_.plan().clients) {
    stage_.after(client.starts_after, [this, &client, id = ++id] { start_client(id, client); });
  }
  if (weather_.flood > 0) start_flood();
  if (weather_.forged) start_forging();
  if (weather_.link_breaks) {
    stage_.after(stage_.draw_milliseconds(1, 1500), [this] { break_link(); });
  }
  if (weather_.target_restarts) {
    stage_.after(stage_.draw_milliseconds(1, 1500), [this] { restart_target(); });
  }
}

World::~World() = default;

std::string World::run() {
  stage_.run();
  if (stage_.failure().empty()) check_end();
  return stage_.failure();
}

}  // namespace tcpcopy::sim
