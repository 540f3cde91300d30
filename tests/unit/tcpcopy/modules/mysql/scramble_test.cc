// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/modules/mysql/scramble.hh"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>

namespace tcpcopy::modules::mysql {
namespace {

std::string hex(const std::optional<std::vector<std::byte>>& bytes) {
  if (!bytes) return "none";
  std::string text;
  for (const std::byte b : *bytes) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x", std::to_integer<unsigned>(b));
    text += digits.data();
  }
  return text;
}

const std::string kSaid = "[ejb0c'3mJk[dgW`Z#>N";
const Bytes kBytes = std::as_bytes(std::span(kSaid));

// As a client of MariaDB 10.11 answered it.
TEST(Scramble, Native) {
  EXPECT_EQ(hex(answer_challenge(kNative, "secret", kBytes)),
            "c79ef0188b1c14f2bb84a1450ddfdcdc1a1c2451");
}

// As Python's hashlib has it.
TEST(Scramble, CachingSha2) {
  EXPECT_EQ(hex(answer_challenge(kCachingSha2, "secret", kBytes)),
            "be2730e5a2f5111694ccfdda9de62d49ce8003bdffdedb7313e952d54f332426");
}

TEST(Scramble, AnEmptyPasswordHasAnEmptyAnswer) {
  EXPECT_EQ(hex(answer_challenge(kNative, "", kBytes)), "");
  EXPECT_EQ(hex(answer_challenge(kCachingSha2, "", kBytes)), "");
}

TEST(Scramble, OthersAreNotKnown) {
  EXPECT_EQ(hex(answer_challenge("client_ed25519", "secret", kBytes)), "none");
  EXPECT_EQ(hex(answer_challenge(kClearText, "ab", kBytes)), "616200");
}

}  // namespace
}  // namespace tcpcopy::modules::mysql
