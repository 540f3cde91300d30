// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/capture/unmatched.hh"

#include <gtest/gtest.h>

namespace tcpcopy::capture {
namespace {

Endpoint endpoint(std::uint32_t address, std::uint16_t port) {
  return {Address::v4(address), port};
}

TEST(Unmatched, TheMostFrequentComeFirst) {
  Unmatched unmatched;
  for (int i = 0; i < 5; ++i)
    unmatched.add(endpoint(0x0a000001, 40000), false);
  unmatched.add(endpoint(0x0a000002, 443), true);
  for (int i = 0; i < 2; ++i)
    unmatched.add(endpoint(0x0a000002, 80), i == 0);
  EXPECT_EQ(unmatched.packets(), 8U);
  EXPECT_EQ(unmatched.most_frequent(2),
            "10.0.0.2:80 (2 packets, 1 connections), 10.0.0.2:443 (1 packets, 1 connections), …");
  EXPECT_NE(unmatched.most_frequent(3).find("10.0.0.1:40000 (5 packets, 0 connections)"),
            std::string::npos);
  EXPECT_EQ(Unmatched().most_frequent(3), "");
}

TEST(Unmatched, AFrequentOneIsFoundAmongAnyNumber) {
  Unmatched unmatched;
  for (std::uint32_t i = 0; i < 50'000; ++i) {
    unmatched.add(endpoint(i, 1), false);
    if (i % 100 == 0) unmatched.add(endpoint(0xc0a80001, 8080), true);
  }
  EXPECT_EQ(unmatched.most_frequent(1).substr(0, 16), "192.168.0.1:8080");
}

}  // namespace
}  // namespace tcpcopy::capture
