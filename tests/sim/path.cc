// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/path.hh"

namespace tcpcopy::sim {
namespace {

constexpr Duration kHeldBackAtMost = std::chrono::milliseconds(50);

const Faults* faults_of(const Weather& weather, PathId id) {
  switch (id) {
    case PathId::kClientOnline:
      return &weather.client_online;
    case PathId::kOnlineClient:
      return &weather.online_client;
    case PathId::kOnlineTarget:
      return &weather.online_target;
    case PathId::kTargetAssistant:
      return &weather.target_assistant;
    case PathId::kCapture:
      break;
  }
  return nullptr;
}

}  // namespace

Path::Path(Stage& stage, PathId id)
    : stage_(stage), id_(id), faults_(faults_of(stage.weather(), id)) {}

// Does to a packet what the plan wants done to it.
void Path::carry(const Packet& packet) {
  const auto kind = stage_.plan().tampering(id_, packets_++);
  if (kind == Tampering::Kind::kDrop) return;
  if (kind == Tampering::Kind::kSwap && !held_back_) {
    held_back_ = packet;
    stage_.after(kHeldBackAtMost, [this] { let_go(); });
    return;
  }
  hand_on(packet);
  if (kind == Tampering::Kind::kDuplicate) hand_on(packet);
  let_go();
}

void Path::let_go() {
  if (const auto packet = std::exchange(held_back_, std::nullopt)) hand_on(*packet);
}

// Does to it what chance wants done.
void Path::hand_on(const Packet& packet) {
  if (faults_ == nullptr) {
    deliver_(packet);
    return;
  }
  Dice& dice = stage_.dice();
  const int copies = dice.chance(faults_->duplication) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    if (dice.chance(faults_->loss)) continue;
    Duration delay = faults_->delay;
    if (faults_->jitter > Duration(0)) delay += Duration(dice.between(0, faults_->jitter.count()));
    stage_.after(delay, [this, packet] { deliver_(packet); });
  }
}

}  // namespace tcpcopy::sim
