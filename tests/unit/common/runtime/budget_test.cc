// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/budget.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace tcpcopy::runtime {
namespace {

TEST(Budget, GivesOneBatchAndAFewWhileTheWakeUpIsYoung) {
  EventLoop loop;
  int batches = 0;
  int sent = 0;
  loop.before_clock([&] {
    ++sent;
    EXPECT_EQ(sent, batches) << "what a batch brought is sent before the look at the clock";
  });
  for (Budget budget(loop); budget.another();)
    ++batches;
  EXPECT_GE(batches, 1);
  EXPECT_LE(batches, 4);
  EXPECT_EQ(sent, std::min(batches, 3));
}

TEST(Budget, GivesOneBatchInAWakeUpThatHasLasted) {
  EventLoop loop;
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  Budget budget(loop);
  EXPECT_TRUE(budget.another());
  EXPECT_FALSE(budget.another());
}

}  // namespace
}  // namespace tcpcopy::runtime
