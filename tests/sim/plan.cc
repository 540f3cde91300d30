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

Character draw_character(Dice& dice) {
  if (dice.chance(0.4)) return Character::kPlain;
  return static_cast<Character>(dice.between(1, static_cast<std::int64_t>(Character::kReneging)));
}

// What the character is like this time.
void draw_traits(Dice& dice, Weather& weather) {
  const auto milliseconds = [&](std::int64_t low, std::int64_t high) {
    return std::chrono::milliseconds(dice.between(low, high));
  };
  weather.every = static_cast<int>(dice.between(1, 4));
  switch (weather.character) {
    case Character::kShorter:
      weather.response_percent = static_cast<int>(dice.between(1, 99));
      break;
    case Character::kLonger:
      weather.response_percent = static_cast<int>(dice.between(101, 1000));
      break;
    case Character::kSlower:
      weather.target_think = milliseconds(5, 1500);
      break;
    case Character::kFaster:
      weather.online_think = milliseconds(5, 800);
      break;
    case Character::kBursty:
      weather.parts = static_cast<int>(dice.between(2, 5));
      weather.pause = milliseconds(2, 60);
      weather.response_percent = static_cast<int>(dice.between(30, 100));
      break;
    case Character::kPushing:
      weather.pause = milliseconds(5, 200);
      break;
    case Character::kIdleClose:
      weather.pause = milliseconds(100, 5000);
      break;
    default:
      break;
  }
}

void calm_down(Weather& weather) {
  for (Faults* faults : {&weather.client_online, &weather.online_client, &weather.online_target,
                         &weather.target_assistant}) {
    faults->loss = faults->duplication = 0;
    faults->jitter = Duration(0);
  }
  weather.capture_loss = 0;
  weather.target_stalls = weather.target_restarts = weather.link_breaks = false;
}

Weather draw_weather(Dice& dice) {
  Weather weather;
  weather.calm = dice.chance(0.4);
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
  weather.character = draw_character(dice);
  draw_traits(dice, weather);
  if (dice.chance(0.03)) weather.flood = static_cast<int>(dice.between(1, 10));
  weather.forged = dice.chance(0.1);
  weather.two_links = dice.chance(0.3);
  weather.copies = dice.chance(0.05) ? 2 : 1;
  weather.pool = dice.chance(0.1);
  if (weather.calm) calm_down(weather);
  return weather;
}

// Scripts in which the character shows.
Habits habits_of(Character character) {
  Habits habits;
  habits.waits_long = character == Character::kIdleClose;
  habits.floods = character == Character::kBlocking;
  return habits;
}

}  // namespace

std::optional<Tampering::Kind> Plan::tampering(PathId path, std::uint64_t index) const {
  const auto found = std::find_if(tamperings.begin(), tamperings.end(), [&](const Tampering& t) {
    return t.path == path && t.index == index;
  });
  if (found == tamperings.end()) return std::nullopt;
  return found->kind;
}

bool Plan::capture_misses() const {
  return weather.capture_loss > 0 ||
         std::any_of(tamperings.begin(), tamperings.end(), [](const Tampering& t) {
           return t.path == PathId::kCapture && t.kind == Tampering::Kind::kDrop;
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
    client.script = draw_script(dice, id, habits_of(plan.weather.character));
    client.reuses_ports = id > 1 && plan.weather.calm && dice.chance(0.3);
    if (client.reuses_ports) client.greeted = plan.clients.back().greeted;
    plan.clients.push_back(std::move(client));
  }
  plan.seed = dice.next();
  return plan;
}

}  // namespace tcpcopy::sim
