// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/ledger_report.hh"

#include <gtest/gtest.h>

namespace tcpcopy::session {
namespace {

TEST(LedgerReport, HasTheAccounts) {
  Ledger ledger;
  ledger.captured = {5, 500};
  ledger.control_packets = 1;
  ledger.lose(LossReason::kHalfOpen, {1, 100});
  ledger.held = {3, 400};
  Report all;
  report(ledger, all);
  EXPECT_EQ(all.sum("packets_captured"), 5U);
  EXPECT_EQ(all.sum("packets_with_payload"), 4U);
  EXPECT_EQ(all.of("bytes_lost", "half-open"), 100U);
  EXPECT_EQ(all.sum("bytes_lost"), 100U);
  EXPECT_EQ(all.sum("ledgers_unbalanced"), 0U);
  ledger.held = {};
  Report after;
  report(ledger, after);
  EXPECT_EQ(after.sum("ledgers_unbalanced"), 1U);
}

}  // namespace
}  // namespace tcpcopy::session
