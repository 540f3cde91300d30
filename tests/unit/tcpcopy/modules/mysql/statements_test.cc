// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/modules/mysql/statements.hh"

#include <gtest/gtest.h>

#include <string>

namespace tcpcopy::modules::mysql {
namespace {

class StatementsTest : public ::testing::Test {
 protected:
  // The target gives the ids 1, 2, 3 …
  void prepare(std::uint16_t parameters) {
    const std::string text = "SELECT 1";
    const std::uint32_t number = statements_.prepare(std::as_bytes(std::span(text)));
    statements_.on_answer(number, ++last_id_, parameters);
  }
  static Statements::Use execute(std::uint32_t id, std::uint32_t length) {
    return {id, true, length};
  }
  // What the target is told for an id of production; 0 for nothing.
  std::uint32_t mapped(std::uint32_t id) const {
    const auto number = statements_.number_of(id);
    const auto* statement = number ? statements_.find(*number) : nullptr;
    return statement != nullptr && statement->id ? *statement->id : 0;
  }

  Statements statements_;
  std::uint32_t last_id_ = 0;
};

TEST_F(StatementsTest, OneStatementTellsAllOthers) {
  prepare(1);
  EXPECT_TRUE(statements_.learn(execute(39, 30)));
  EXPECT_EQ(mapped(39), 1U);
  EXPECT_FALSE(statements_.guessed());
  prepare(0);
  EXPECT_TRUE(statements_.learn(execute(40, 10)));
  EXPECT_EQ(mapped(40), 2U);
}

TEST_F(StatementsTest, ParametersTellWhichIsMeant) {
  prepare(0);
  prepare(1);
  prepare(1);
  EXPECT_TRUE(statements_.learn(execute(50, 10)));
  EXPECT_FALSE(statements_.guessed());
  EXPECT_EQ(mapped(50), 1U);
  EXPECT_EQ(mapped(52), 3U);
}

// As sysbench does: BEGIN and COMMIT, then others; all are prepared before the first is used.
TEST_F(StatementsTest, WhatFollowsTellsWhichWasMeant) {
  prepare(0);
  prepare(0);
  prepare(1);
  EXPECT_TRUE(statements_.learn(execute(71, 10)));
  EXPECT_TRUE(statements_.guessed());
  EXPECT_EQ(mapped(71), 1U);
  EXPECT_TRUE(statements_.learn(execute(73, 30)));
  EXPECT_FALSE(statements_.guessed());
  EXPECT_EQ(mapped(72), 2U);
}

TEST_F(StatementsTest, AWrongGuessIsTakenBack) {
  prepare(1);
  prepare(1);
  EXPECT_TRUE(statements_.learn(execute(10, 30)));  // it is the second
  EXPECT_EQ(mapped(10), 1U);
  EXPECT_TRUE(statements_.learn(execute(9, 30)));
  EXPECT_EQ(mapped(9), 1U);
  EXPECT_EQ(mapped(10), 2U);
}

TEST_F(StatementsTest, AFailedPrepareTakesANumberToo) {
  prepare(1);
  statements_.on_answer(statements_.prepare({}), std::nullopt, 0);
  prepare(1);
  statements_.learn(execute(5, 30));
  EXPECT_EQ(mapped(5), 1U);
  EXPECT_EQ(mapped(6), 0U);
  EXPECT_EQ(mapped(7), 2U);
}

TEST_F(StatementsTest, OfAJoinedSessionOnlyNewOnesAreKnown) {
  statements_ = Statements(true);
  EXPECT_FALSE(statements_.learn(execute(12, 30)));
  EXPECT_EQ(mapped(12), 0U);
  prepare(1);
  EXPECT_FALSE(statements_.learn(execute(7, 30)));
  EXPECT_TRUE(statements_.learn(execute(13, 30)));
  EXPECT_EQ(mapped(13), 1U);
  EXPECT_EQ(mapped(12), 0U);
}

TEST_F(StatementsTest, ANewConnectionHasNoneUntilTheyArePreparedAgain) {
  prepare(1);
  statements_.learn(execute(5, 30));
  statements_.forget_answers();
  EXPECT_EQ(mapped(5), 0U);
  statements_.on_answer(1, 77, 1);
  EXPECT_EQ(mapped(5), 77U);
}

TEST_F(StatementsTest, ClosedOnesAreForgotten) {
  prepare(1);
  statements_.learn(execute(5, 30));
  statements_.close(1);
  EXPECT_EQ(mapped(5), 0U);
  prepare(1);
  EXPECT_TRUE(statements_.learn(execute(6, 30)));
  EXPECT_EQ(mapped(6), 2U);
}

TEST_F(StatementsTest, TheLastPreparedStaysThat) {
  prepare(1);
  prepare(2);
  EXPECT_TRUE(statements_.learn(execute(kLastPrepared, 30)));
  EXPECT_EQ(statements_.number_of(kLastPrepared), 2U);
}

}  // namespace
}  // namespace tcpcopy::modules::mysql
