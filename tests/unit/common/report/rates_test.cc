// SPDX-License-Identifier: BSD-3-Clause
#include "common/report/rates.hh"

#include <gtest/gtest.h>

namespace tcpcopy::report {
namespace {

using namespace std::chrono_literals;

Report of(std::uint64_t sent, std::uint64_t late, std::uint64_t lost) {
  Report report;
  report.total({"sent", "packets", ""}, sent);
  report.total({"lost", "packets", "", "reason"}, late, "late");
  report.total({"lost", "packets", "", "reason"}, lost, "lost");
  return report;
}

class RatesTest : public testing::Test {
 protected:
  static constexpr Instant kStart{100s};
  Rates rates_{{{"sent", "sent"}, {"lost", "lost"}, {"found", "found"}}, kStart};
};

TEST_F(RatesTest, AreSinceTheCallBefore) {
  EXPECT_EQ(rates_.text(of(15, 2, 4), kStart + 10s),
            "per second, in the last 10.0 s: sent 1.5, lost 0.6");
  EXPECT_EQ(rates_.text(of(65, 2, 4), kStart + 10s + 500ms),
            "per second, in the last 0.5 s: sent 100.0, lost 0.0");
}

TEST_F(RatesTest, AreNotToldOfNoTime) {
  EXPECT_EQ(rates_.text(of(15, 2, 4), kStart), "");
  EXPECT_EQ(rates_.text(of(15, 2, 4), kStart + 99ms), "");
  EXPECT_EQ(rates_.text(of(15, 0, 0), kStart + 1s),
            "per second, in the last 1.0 s: sent 15.0, lost 0.0")
      << "what was not told counts for the next";
}

TEST_F(RatesTest, AreNotToldOfWhatIsNotThere) { EXPECT_EQ(rates_.text(Report(), kStart + 1s), ""); }

}  // namespace
}  // namespace tcpcopy::report
