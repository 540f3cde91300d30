// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/rules.hh"

#include <gtest/gtest.h>

namespace tcpcopy {
namespace {

const Address kHere = Address::v4(0x0a000014);
const Address kElsewhere = Address::v4(0x0a000015);
const Endpoint kFirst{Address::v4(0x0a00001e), 8080};
const Endpoint kSecond{Address::v4(0x0a00001f), 8081};

TEST(TargetRules, FirstRuleThatMatchesDecides) {
  const TargetRules rules({{kHere, 80, kFirst}, {std::nullopt, 80, kSecond}});
  EXPECT_EQ(*rules.target_of({kHere, 80}), kFirst);
  EXPECT_EQ(*rules.target_of({kElsewhere, 80}), kSecond);
  EXPECT_EQ(rules.target_of({kHere, 81}), nullptr);
}

TEST(TargetRules, RuleForOneAddressWantsNoOther) {
  const TargetRules rules({{kHere, 80, kFirst}});
  EXPECT_EQ(rules.target_of({kElsewhere, 80}), nullptr);
}

TEST(TargetRules, KnowsItsTargets) {
  const TargetRules rules({{kHere, 80, kFirst}});
  EXPECT_TRUE(rules.is_target(kFirst));
  EXPECT_FALSE(rules.is_target(kSecond));
}

}  // namespace
}  // namespace tcpcopy
