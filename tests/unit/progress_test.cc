// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/progress.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpcopy {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kColumns = 80;

session::Ledger busy_ledger() {
  session::Ledger ledger;
  ledger.sessions_opened = 123'456'789'012;
  ledger.sessions_live = 2'000'000;
  ledger.captured.packets = 123'456'789'012'345;
  return ledger;
}

TEST(Progress, TheBarSaysHowFarItIsAndWhatIsLeft) {
  const std::string line = progress_bar({90s, 0.25, 1, 1}, session::Ledger(), 2.0, 45s);
  EXPECT_EQ(line, "[#####...............] 25 % 0:02:15 left at 0:01:30 speed 2.0 active 0");
}

TEST(Progress, TheBarFitsIntoATerminalWhateverTheFiguresAre) {
  for (const double share : {0.0, 1e-9, 0.5, 1.0}) {
    for (const Duration time : {Duration(0s), Duration(100h), Duration(100'000h)}) {
      const std::string line =
          progress_bar({time, share, 1000, 1000}, busy_ledger(), 123'456.7, 1000h);
      EXPECT_LT(line.size(), kColumns) << line;
    }
  }
}

TEST(Progress, AFileThatGrewLeavesNoTimeLessThanNone) {
  const capture::ClientCapture::Progress grown{90s, 1.5, 1, 1};
  for (const std::string& line : {progress_bar(grown, session::Ledger(), 1.0, 45s),
                                  progress_text(grown, session::Ledger(), 1.0, 45s)}) {
    EXPECT_THAT(line, HasSubstr("100 %"));
    EXPECT_THAT(line, HasSubstr("0:00:00"));
    EXPECT_THAT(line, Not(HasSubstr("-")));
  }
}

}  // namespace
}  // namespace tcpcopy
