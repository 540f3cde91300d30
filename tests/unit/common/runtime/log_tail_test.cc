// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/log_tail.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "tests/unit/tcpcopy/logged.hh"

namespace tcpcopy::runtime {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::MatchesRegex;

TEST(LogTail, KeepsWarningsAndHandsAllOn) {
  std::vector<std::string> kept;
  const std::string logged = test::logged([&] {
    const LogTail tail;
    spdlog::info("all is well");
    spdlog::warn("a link is lost");
    spdlog::error("it is over");
    kept = tail.warnings();
  });
  EXPECT_EQ(logged, "all is well\na link is lost\nit is over\n");
  EXPECT_THAT(kept, ElementsAre(MatchesRegex("..:..:.. warning: a link is lost"),
                                MatchesRegex("..:..:.. error: it is over")));
}

TEST(LogTail, KeepsTheLast) {
  test::logged([] {
    const LogTail tail;
    for (std::size_t i = 1; i <= LogTail::kKept + 1; ++i)
      spdlog::warn("number {}", i);
    const auto kept = tail.warnings();
    ASSERT_EQ(kept.size(), LogTail::kKept);
    EXPECT_THAT(kept.front(), EndsWith("number 2"));
    EXPECT_THAT(kept.back(), EndsWith("number 101"));
  });
}

TEST(LogTail, FollowsALogThatIsOpenedAnew) {
  std::string anew;
  const std::string first = test::logged([&] {
    LogTail tail;
    spdlog::warn("one");
    anew = test::logged([&] {
      tail.follow();
      spdlog::warn("two");
      EXPECT_EQ(tail.warnings().size(), 2U);
    });
    spdlog::warn("three");  // of a log that it had left
    EXPECT_EQ(tail.warnings().size(), 2U);
    tail.follow();
  });
  EXPECT_EQ(anew, "two\n");
  EXPECT_EQ(first, "one\nthree\n");
}

TEST(LogTail, LeavesTheLogAsItWas) {
  const std::string logged = test::logged([&] {
    { const LogTail tail; }
    spdlog::warn("later");
  });
  EXPECT_EQ(logged, "later\n");
}

}  // namespace
}  // namespace tcpcopy::runtime
