// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/ledger.hh"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>

namespace tcpcopy::session {
namespace {

TEST(Ledger, EveryReasonHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kLossReasons; ++i)
    names.insert(to_string(static_cast<LossReason>(i)));
  EXPECT_EQ(names.size(), kLossReasons);
  EXPECT_FALSE(names.contains("unknown"));
  EXPECT_EQ(to_string(static_cast<LossReason>(kLossReasons)), "unknown");
}

// Three sessions with a packet of each account.
Ledger sound() {
  Ledger ledger;
  ledger.captured = {5, 100};
  ledger.control_packets = 1;
  ledger.delivered = {1, 40};
  ledger.duplicate = {1, 30};
  ledger.held = {1, 20};
  ledger.lose(LossReason::kCaptureHole, {1, 10});
  ledger.sessions_opened = 3;
  ledger.sessions_completed = 1;
  ledger.sessions_live = 1;
  ledger.sessions_lost[static_cast<std::size_t>(LossReason::kIdle)] = 1;
  return ledger;
}

TEST(Ledger, BalancesWhenEverythingStandsInOneAccount) {
  EXPECT_TRUE(Ledger().balanced());
  EXPECT_TRUE(sound().balanced());
  EXPECT_EQ(sound().lost_in_all().bytes, 10U);
  EXPECT_EQ(sound().sessions_lost_in_all(), 1U);
}

TEST(Ledger, DoesNotBalanceWhenAnythingIsMissing) {
  const std::function<void(Ledger&)> errors[] = {
      [](Ledger& ledger) { ++ledger.captured.packets; },
      [](Ledger& ledger) { ++ledger.captured.bytes; },
      [](Ledger& ledger) { --ledger.control_packets; },
      [](Ledger& ledger) {
        ledger.held -= {0, 1};
      },
      [](Ledger& ledger) {
        ledger.lose(LossReason::kIdle, {1, 0});
      },
      [](Ledger& ledger) { ++ledger.sessions_live; },
  };
  for (const auto& error : errors) {
    Ledger ledger = sound();
    error(ledger);
    EXPECT_FALSE(ledger.balanced());
  }
}

}  // namespace
}  // namespace tcpcopy::session
