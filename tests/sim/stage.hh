// SPDX-License-Identifier: BSD-3-Clause
// What all actors of a scenario share: the plan, time, chance, the trace, and the first failure.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "tests/sim/clockwork.hh"
#include "tests/sim/dice.hh"
#include "tests/sim/packet_trace.hh"
#include "tests/sim/plan.hh"

namespace tcpcopy::sim {

class Stage {
 public:
  explicit Stage(Plan plan) : plan_(std::move(plan)), dice_(plan_.seed) {}
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  const Plan& plan() const { return plan_; }
  const Weather& weather() const { return plan_.weather; }

  Clockwork& clockwork() { return clockwork_; }
  Instant now() const { return clockwork_.now(); }
  Instant started_at() const { return started_at_; }
  Duration elapsed() const { return now() - started_at_; }
  void after(Duration delay, Clockwork::Action action) {
    clockwork_.after(delay, std::move(action));
  }

  std::uint64_t steps() const { return clockwork_.steps(); }

  Dice& dice() { return dice_; }
  std::chrono::milliseconds draw_milliseconds(std::int64_t low, std::int64_t high) {
    return std::chrono::milliseconds(dice_.between(low, high));
  }
  std::uint32_t draw_initial_number();

  /// Lets happen what is to happen, until there is nothing more, or something failed.
  void run();

  /// What an oracle has to say; the first word counts.
  void fail(const std::string& what);
  /// @return empty as long as nothing has failed.
  const std::string& failure() const { return failure_; }

  void trace() { trace_.start(); }
  void note(const char* where, const Packet& packet) { trace_.note(elapsed(), where, packet); }

 private:
  Plan plan_;
  Clockwork clockwork_;
  const Instant started_at_ = clockwork_.now();
  Dice dice_;
  PacketTrace trace_;
  std::string failure_;
};

}  // namespace tcpcopy::sim
