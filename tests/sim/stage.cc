// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/stage.hh"

#include <cstdio>

namespace tcpcopy::sim {
namespace {

constexpr Duration kPatience = std::chrono::seconds(40'000);
constexpr std::uint64_t kMostSteps = 100'000;  // at one time

}  // namespace

std::uint32_t Stage::draw_initial_number() {
  return plan_.near - static_cast<std::uint32_t>(dice_.between(0, plan_.near_range));
}

void Stage::run() {
  const Instant limit = now() + kPatience;
  Instant last;
  std::uint64_t steps_there = 0;
  while (failure_.empty() && clockwork_.step(limit)) {
    steps_there = now() == last ? steps_there + 1 : 0;
    last = now();
    if (steps_there > kMostSteps) fail("time stands still");
  }
}

void Stage::fail(const std::string& what) {
  if (!failure_.empty()) return;
  char time[32];
  std::snprintf(time, sizeof time, "%.6f s: ", std::chrono::duration<double>(elapsed()).count());
  failure_ = time + what + " (target " + std::to_string(static_cast<int>(weather().character)) +
             (weather().calm ? ", calm)" : ")");
}

}  // namespace tcpcopy::sim
