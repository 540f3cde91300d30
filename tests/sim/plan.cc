// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/plan.hh"

#include <algorithm>

namespace tcpcopy::sim {
namespace {

using namespace std::chrono_literals;

Faults draw_faults(Dice& dice) {
  constexpr double kLosses[] = {0, 0, 0, 0.01, 0.05, 0.2};
  constexpr std::int64_t kDelays[] = {50, 100, 500, 3000};
  Faults faults;
  faults.loss = dice.pick(kLosses);
  faults.duplication = dice.chance(0.2) ? 0.03 : 0;
  faults.delay = std::chrono::microseconds(dice.pick(kDelays));
  if (dice.chance(0.3)) faults.jitter = 3 * faults.delay;
  return faults;
}

Offers draw_offers(Dice& dice) { return {dice.chance(0.7), dice.chance(0.6), dice.chance(0.6)}; }

Weather draw_weather(Dice& dice) {
  Weather weather;
  weather.client_online = draw_faults(dice);
  weather.online_client = draw_faults(dice);
  weather.online_target = draw_faults(dice);
  weather.target_assistant = draw_faults(dice);
  if (dice.chance(0.15)) weather.client_online.delay = weather.online_client.delay = 40ms;
  weather.capture_loss = dice.chance(0.15) ? 0.02 : 0;
  if (dice.chance(0.3)) weather.target_think = std::chrono::milliseconds(dice.between(1, 800));
  weather.target_stalls = dice.chance(0.1);
  weather.target_restarts = dice.chance(0.06);
  weather.link_breaks = dice.chance(0.1);
  if (dice.chance(0.25)) weather.response_delta = static_cast<int>(dice.between(-50, 50));
  weather.turn_order = !dice.chance(0.1);
  weather.online_offers = draw_offers(dice);
  weather.target_offers = draw_offers(dice);
  return weather;
}

}  // namespace

std::optional<Tampering::Kind> Plan::tampering(Path path, std::uint64_t index) const {
  const auto found = std::find_if(tamperings.begin(), tamperings.end(), [&](const Tampering& t) {
    return t.path == path && t.index == index;
  });
  if (found == tamperings.end()) return std::nullopt;
  return found->kind;
}

bool Plan::capture_misses() const {
  return weather.capture_loss > 0 ||
         std::any_of(tamperings.begin(), tamperings.end(), [](const Tampering& t) {
           return t.path == Path::kCapture && t.kind == Tampering::Kind::kDrop;
         });
}

Plan draw_plan(std::uint64_t seed) {
  Dice dice(seed);
  Plan plan;
  plan.weather = draw_weather(dice);
  // The streams are a few kilobytes long: most of them wrap.
  constexpr std::uint32_t kNear[] = {0x7fffffffU, 0xffffffffU, 0x12345678U};
  plan.near = dice.pick(kNear);
  plan.near_range = 3000;
  const auto clients = dice.between(1, 3);
  for (std::uint32_t id = 1; id <= static_cast<std::uint32_t>(clients); ++id) {
    ClientPlan client;
    client.starts_after = std::chrono::milliseconds(dice.between(0, 300));
    client.greeted = dice.chance(0.2);
    client.offers = draw_offers(dice);
    client.script = draw_script(dice, id);
    plan.clients.push_back(std::move(client));
  }
  plan.seed = dice.next();
  return plan;
}

}  // namespace tcpcopy::sim
