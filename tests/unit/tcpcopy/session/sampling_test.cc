// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/sampling.hh"

#include <gtest/gtest.h>

namespace tcpcopy::session {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{std::chrono::seconds(1000)};
constexpr int kClients = 20'000;

Endpoint client(int i) {
  return {Address::v4(0x0a000000U + static_cast<std::uint32_t>(i) / 50),
          static_cast<std::uint16_t>(40000 + i % 50)};
}

int taken(const Sampling& sampling, Instant now) {
  int count = 0;
  for (int i = 0; i < kClients; ++i)
    count += sampling.takes(client(i), now) ? 1 : 0;
  return count;
}

TEST(Sampling, TakesEveryConnectionAtHundredPercent) {
  EXPECT_EQ(taken(Sampling(100, 0s, kStart), kStart), kClients);
}

TEST(Sampling, TakesTheShareOfClientsThatDifferLittle) {
  for (const int percent : {1, 10, 50, 99}) {
    const double share = taken(Sampling(static_cast<std::uint8_t>(percent), 0s, kStart), kStart) /
                         static_cast<double>(kClients);
    EXPECT_NEAR(share, percent / 100.0, 0.01) << percent;
  }
}

TEST(Sampling, GivesOneConnectionTheSameAnswerInEveryRunAndAtEveryTime) {
  const Sampling one(30, 0s, kStart);
  const Sampling other(30, 0s, kStart + 5h);
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(one.takes(client(i), kStart), other.takes(client(i), kStart + 9h));
}

TEST(Sampling, GrowsFromNoneToTheShareAndKeepsWhatItTook) {
  const Sampling sampling(50, 100s, kStart);
  EXPECT_EQ(taken(sampling, kStart), 0);
  EXPECT_NEAR(taken(sampling, kStart + 50s), kClients / 4, kClients / 50);
  EXPECT_NEAR(taken(sampling, kStart + 100s), kClients / 2, kClients / 50);
  EXPECT_EQ(taken(sampling, kStart + 100s), taken(sampling, kStart + 1000s));
  for (int i = 0; i < 1000; ++i) {
    const bool was_taken = sampling.takes(client(i), kStart + 30s);
    EXPECT_TRUE(!was_taken || sampling.takes(client(i), kStart + 60s)) << i;
  }
}

}  // namespace
}  // namespace tcpcopy::session
