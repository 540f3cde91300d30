// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/returns/response_coalescing.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "tcpcopy/batch.hh"

namespace tcpcopy::returns {
namespace {

using namespace std::chrono_literals;

class Coalescing : public ::testing::Test, public ResponseSource {
 protected:
  void coalesce(bool on) override { on_ = on; }
  Taken read() override {
    ++reads_;
    sessions_.unfinished -= std::min(sessions_.unfinished, there_);
    return {std::exchange(there_, 0), std::exchange(unended_, 0)};
  }

  void end_wake_up() {
    coalescing_.end_wake_up([this] { return sessions_; }, now_);
  }
  void end_wake_up(std::size_t unfinished) {
    sessions_.unfinished = unfinished;
    end_wake_up();
  }

  void take_a_burst() {
    end_wake_up(5);
    now_ = coalescing_.deadline();
    there_ = 5;
    end_wake_up();
  }

  Instant now_{1000s};
  bool on_ = false;
  int reads_ = 0;
  std::size_t there_ = 0;    // responses that were not taken yet
  std::size_t unended_ = 0;  // of them
  Standing sessions_{100, 0, 0};
  ResponseCoalescing coalescing_{*this};
};

TEST_F(Coalescing, IsOffUntilResponsesAreExpected) {
  end_wake_up(0);
  EXPECT_FALSE(on_);
  EXPECT_EQ(coalescing_.deadline(), kNever);
  end_wake_up(5);
  EXPECT_TRUE(on_);
  EXPECT_EQ(coalescing_.deadline(), now_ + ResponseCoalescing::kLongestWait);
  EXPECT_EQ(reads_, 0);
}

TEST_F(Coalescing, IsNothingForFewSessions) {
  sessions_.sessions = kManySessions - 1;
  end_wake_up(5);
  EXPECT_FALSE(on_);
}

TEST_F(Coalescing, ReadsWhenTheTimeHasComeAndNotBefore) {
  end_wake_up(5);
  now_ += ResponseCoalescing::kLongestWait - 1us;
  end_wake_up(5);
  EXPECT_EQ(reads_, 0);
  now_ += 1us;
  there_ = 4;
  end_wake_up(5);
  EXPECT_EQ(reads_, 1);
  EXPECT_EQ(coalescing_.deadline(), now_ + ResponseCoalescing::kLongestWait) << "one is missing";
}

TEST_F(Coalescing, EndsAtOnceWhenASessionWaits) {
  end_wake_up(5);
  there_ = 5;
  sessions_.waiting = 1;
  end_wake_up();
  EXPECT_FALSE(on_);
  EXPECT_EQ(there_, 0U) << "what had come is not left there";
  EXPECT_EQ(coalescing_.deadline(), kNever);
  end_wake_up();
  EXPECT_FALSE(on_);
}

// The rest of a long response comes when its beginning is acknowledged.
TEST_F(Coalescing, LooksSoonForTheRestOfAResponse) {
  end_wake_up(1);
  now_ = coalescing_.deadline();
  there_ = 10;
  unended_ = 9;
  end_wake_up();
  EXPECT_EQ(sessions_.unfinished, 0U);
  EXPECT_EQ(coalescing_.deadline(), now_ + ResponseCoalescing::kLongestWait);
}

// The pauses between bursts are no reason to begin anew each time, and no reason to look often.
TEST_F(Coalescing, OutlastsPauses) {
  take_a_burst();
  const Duration pause = coalescing_.deadline() - now_;
  EXPECT_GE(pause, 5 * ResponseCoalescing::kLongestWait);

  now_ += pause / 2;
  end_wake_up(5);  // the next burst
  EXPECT_EQ(coalescing_.deadline(), now_ + ResponseCoalescing::kLongestWait);
}

TEST_F(Coalescing, EndsWhenItIsQuiet) {
  take_a_burst();
  for (int looks = 0; looks < 2; ++looks) {
    EXPECT_TRUE(on_);
    now_ = coalescing_.deadline();
    end_wake_up();
  }
  EXPECT_FALSE(on_);
  EXPECT_EQ(coalescing_.deadline(), kNever);
}

}  // namespace
}  // namespace tcpcopy::returns
