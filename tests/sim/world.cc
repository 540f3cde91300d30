// SPDX-License-Identifier: BSD-3-Clause
// The wiring, and the run.
#include "tests/sim/world.hh"

#include <utility>

#include "tests/sim/hosts.hh"

namespace tcpcopy::sim {
namespace {

using namespace std::chrono_literals;

}  // namespace

World::World(Plan plan)
    : stage_(std::move(plan)),
      weather_(stage_.weather()),
      assistant_(stage_),
      channel_(stage_, assistant_, kOnlineAddress),
      engine_(stage_, path(PathId::kOnlineTarget), channel_, *this),
      tap_(stage_, clients_, engine_),
      online_(stage_, path(PathId::kCapture), path(PathId::kOnlineClient)),
      arrivals_(stage_, clients_, kOnlineAddress, path(PathId::kClientOnline), tap_),
      flood_(stage_, online_),
      forger_(stage_, clients_, engine_) {
  path(PathId::kClientOnline).lead_to([this](const Packet& p) { online_.on_packet(p); });
  path(PathId::kOnlineClient).lead_to([this](const Packet& p) { clients_.on_packet(p); });
  path(PathId::kCapture).lead_to([this](const Packet& p) { tap_.on_packet(p); });
  path(PathId::kOnlineTarget).lead_to([this](const Packet& p) { at_target(p); });
  path(PathId::kTargetAssistant).lead_to([this](const Packet& p) { assistant_.on_packet(p); });
  std::uint32_t id = 0;
  for (const ClientPlan& client : stage_.plan().clients)
    arrivals_.expect(++id, client);
  flood_.start();
  if (weather_.forged) forger_.start();
  if (weather_.link_breaks) {
    stage_.after(stage_.draw_milliseconds(1, 1500), [this] { channel_.break_link(); });
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
