// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/progress.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpcopy::replayer {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kColumns = 80;

Report busy() {
  Report report;
  report.total({"sessions_opened", "", ""}, 123'456'789'012);
  report.now({"sessions_live", "", ""}, 2'000'000);
  report.total({"packets_captured", "", ""}, 123'456'789'012'345);
  return report;
}

TEST(Progress, TheBarSaysHowFarItIsAndWhatIsLeft) {
  const std::string line = progress_bar({90s, 0.25, 1, 1}, Report(), 2.0, 45s);
  EXPECT_EQ(line, "[#####...............] 25 % 0:02:15 left at 0:01:30 speed 2.0 active 0");
}

TEST(Progress, TheBarFitsIntoATerminalWhateverTheFiguresAre) {
  for (const double share : {0.0, 1e-9, 0.5, 1.0}) {
    for (const Duration time : {Duration(0s), Duration(100h), Duration(100'000h)}) {
      for (const char* wait : {"", "waits for 2000000 sessions to end"}) {
        const std::string line =
            progress_bar({time, share, 1000, 1000}, busy(), 123'456.7, 1000h, wait);
        EXPECT_LT(line.size(), kColumns) << line;
      }
    }
  }
}

TEST(Progress, AFileThatGrewLeavesNoTimeLessThanNone) {
  const capture::Progress grown{90s, 1.5, 1, 1};
  for (const std::string& line :
       {progress_bar(grown, Report(), 1.0, 45s), progress_text(grown, Report(), 1.0, 45s)}) {
    EXPECT_THAT(line, HasSubstr("100 %"));
    EXPECT_THAT(line, HasSubstr("0:00:00"));
    EXPECT_THAT(line, Not(HasSubstr("-")));
  }
}

// A few bytes of a large file have been read, which tell nothing of how long the rest will take.
TEST(Progress, WhoeverHasNoDataSaysWhatItWaitsFor) {
  const capture::Progress begun{0s, 1e-7, 1, 1};
  const std::string wait = describe({true, false, false, kNever}, Report(), Instant(9s));
  EXPECT_EQ(progress_bar(begun, Report(), 0, 5s, wait),
            "[....................] 0 % waits for an intercept at 0:00:00 speed 0.0 active 0");
  const std::string text = progress_text(begun, Report(), 0, 5s, wait);
  EXPECT_THAT(text, testing::EndsWith(", 0 %, waits for an intercept"));
  EXPECT_THAT(text, Not(HasSubstr("ends in")));
  EXPECT_THAT(progress_text(begun, Report(), 0, 5s), testing::EndsWith(", 0 %"));
}

TEST(Progress, AWaitInTheMiddleTakesThePlaceOfTheEstimate) {
  const capture::Progress half{90s, 0.5, 1, 1};
  EXPECT_THAT(progress_text(half, Report(), 0, 5s), testing::EndsWith("ends in 0:00:05"));
  EXPECT_THAT(progress_text(half, Report(), 0, 5s, "waits for the target"),
              testing::EndsWith(", 50 %, waits for the target"));
}

TEST(Progress, WhatFilesWaitFor) {
  Report report;
  report.now({"sessions_live", "", ""}, 7);
  const Instant now(100s);
  EXPECT_EQ(describe({true, true, true, now}, report, now), "waits for an intercept");
  EXPECT_EQ(describe({false, true, true, kNever}, report, now), "waits for 7 sessions to end");
  EXPECT_EQ(describe({false, true, false, kNever}, report, now), "waits for the target");
  EXPECT_EQ(describe({false, false, false, now + 3600s}, report, now), "next packet in 1:00:00");
  EXPECT_EQ(describe({false, false, false, now + 4999ms}, report, now), "");
  EXPECT_EQ(describe({false, false, false, Instant()}, report, now), "");
  EXPECT_EQ(describe({false, false, false, kNever}, report, now), "");
}

}  // namespace
}  // namespace tcpcopy::replayer
