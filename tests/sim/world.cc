// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/world.hh"

#include <utility>

#include "tests/sim/places.hh"

namespace tcpcopy::sim {

World::World(Plan plan)
    : stage_(std::move(plan)),
      target_(stage_, clients_, path(PathId::kTargetAssistant)),
      assistant_(stage_),
      channel_(stage_, assistant_, kOnlineAddress),
      engine_(stage_, path(PathId::kOnlineTarget), channel_, target_),
      tap_(stage_, clients_, engine_),
      online_(stage_, path(PathId::kCapture), path(PathId::kOnlineClient)),
      arrivals_(stage_, clients_, kOnlineAddress, path(PathId::kClientOnline), tap_),
      flood_(stage_, online_),
      forger_(stage_, clients_, engine_),
      oracles_(stage_, clients_, tap_, engine_, target_) {
  connect_paths();
  target_.watched_by(oracles_);
  const Weather& weather = stage_.weather();
  std::uint32_t id = 0;
  for (const ClientPlan& client : stage_.plan().clients)
    arrivals_.expect(++id, client);
  flood_.start();
  if (weather.forged) forger_.start();
  if (weather.link_breaks) {
    stage_.after(stage_.draw_milliseconds(1, 1500), [this] { channel_.break_link(); });
  }
  if (weather.target_restarts) {
    stage_.after(stage_.draw_milliseconds(1, 1500), [this] { target_.restart(); });
  }
}

void World::connect_paths() {
  path(PathId::kClientOnline).lead_to([this](const Packet& p) { online_.on_packet(p); });
  path(PathId::kOnlineClient).lead_to([this](const Packet& p) { clients_.on_packet(p); });
  path(PathId::kCapture).lead_to([this](const Packet& p) { tap_.on_packet(p); });
  path(PathId::kOnlineTarget).lead_to([this](const Packet& p) { target_.on_packet(p); });
  path(PathId::kTargetAssistant).lead_to([this](const Packet& p) { assistant_.on_packet(p); });
}

std::string World::run() {
  stage_.run();
  engine_.check_end();
  target_.check_end();
  if (stage_.weather().calm) oracles_.check_calm();
  oracles_.check_streams();
  return stage_.failure();
}

}  // namespace tcpcopy::sim
