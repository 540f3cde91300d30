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
      engine_(stage_, path(PathId::kOnlineTarget), channel_, *this) {
  path(PathId::kClientOnline).lead_to([this](const Packet& packet) { at_online(packet); });
  path(PathId::kOnlineClient).lead_to([this](const Packet& packet) { at_client(packet); });
  path(PathId::kCapture).lead_to([this](const Packet& packet) { capture(packet); });
  path(PathId::kOnlineTarget).lead_to([this](const Packet& packet) { at_target(packet); });
  path(PathId::kTargetAssistant).lead_to([this](const Packet& packet) {
    assistant_.on_packet(packet);
  });
  std::uint32_t id = 0;
  for (const ClientPlan& client : stage_.plan().clients) {
    stage_.after(client.starts_after, [this, &client, id = ++id] { start_client(id, client); });
  }
  if (weather_.flood > 0) start_flood();
  if (weather_.forged) start_forging();
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
