// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/session_table.hh"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <vector>

namespace tcpcopy::session {
namespace {

constexpr std::uint32_t kHost = 0x0a4d000a;
const Endpoint kOnline{Address::v4(0x0a4d0014), 80};
const Endpoint kTarget{Address::v4(0x0a4d001e), 8080};

class SessionTableTest : public ::testing::Test {
 protected:
  static Endpoint client(std::uint16_t port) { return {Address::v4(kHost), port}; }
  static SourceKey source(std::uint16_t port) { return {net::Ipv4Flow(client(port), kOnline)}; }
  static net::Ipv4Flow target(std::uint16_t port) { return {client(port), kTarget}; }

  SessionNode& add(std::uint16_t port) {
    return table_.insert(std::make_unique<SessionNode>(source(port), target(port), habits_));
  }
  std::vector<std::uint16_t> walk() {
    std::vector<std::uint16_t> ports;
    while (SessionNode* session = table_.walk())
      ports.push_back(session->target().client().port);
    return ports;
  }

  TargetHabits habits_;
  SessionTable table_;
};

TEST_F(SessionTableTest, FindsByBothKeys) {
  SessionNode& session = add(1);
  add(2);
  EXPECT_EQ(table_.find_source(source(1)), &session);
  EXPECT_EQ(table_.find_target(target(1)), &session);
  EXPECT_EQ(table_.find_source(source(3)), nullptr);
  EXPECT_EQ(table_.size(), 2U);
}

TEST_F(SessionTableTest, CopiesOfAConnectionAreSessionsOfTheirOwn) {
  SessionNode& first = add(1);
  SourceKey second = source(1);
  second.copy = 1;
  table_.insert(std::make_unique<SessionNode>(second, target(2), habits_));
  EXPECT_EQ(table_.find_source(source(1)), &first);
  EXPECT_NE(table_.find_source(second), &first);
}

TEST_F(SessionTableTest, OneThatIsDetachedIsFoundByItsTargetAlone) {
  SessionNode& old = add(1);
  table_.detach_source(old);
  EXPECT_EQ(table_.find_source(source(1)), nullptr);
  EXPECT_EQ(table_.find_target(target(1)), &old);
  SessionNode& young = table_.insert(std::make_unique<SessionNode>(source(1), target(2), habits_));
  table_.erase(old);
  EXPECT_EQ(table_.find_source(source(1)), &young) << "the older one does not take it along";
}

TEST_F(SessionTableTest, AWalkVisitsEachOneThatWasThere) {
  for (std::uint16_t port = 1; port <= 5; ++port)
    add(port);
  table_.begin_walk();
  EXPECT_EQ(walk(), (std::vector<std::uint16_t>{1, 2, 3, 4, 5}));
  EXPECT_FALSE(table_.walking());
}

TEST_F(SessionTableTest, SessionsComeAndGoDuringAWalk) {
  for (std::uint16_t port = 1; port <= 5; ++port)
    add(port);
  table_.begin_walk();
  table_.walk();
  table_.erase(*table_.find_target(target(2)));  // the next one
  table_.erase(*table_.find_target(target(5)));  // the last one
  add(6);
  EXPECT_EQ(walk(), (std::vector<std::uint16_t>{3, 4}));
}

TEST_F(SessionTableTest, ChooseComesByAllCallAfterCall) {
  for (std::uint16_t port = 1; port <= 6; ++port)
    add(port);
  const auto lower_port = [](const Session& a, const Session& b) {
    return a.target().client().port < b.target().client().port;
  };
  std::set<std::uint16_t> chosen;
  for (int i = 0; i < 3; ++i)
    chosen.insert(table_.choose(2, lower_port).target().client().port);
  EXPECT_EQ(chosen, (std::set<std::uint16_t>{1, 3, 5}));
}

TEST_F(SessionTableTest, ChooseGoesOnWhereItsPlaceIsErased) {
  for (std::uint16_t port = 1; port <= 3; ++port)
    add(port);
  const auto any = [](const Session&, const Session&) { return false; };
  EXPECT_EQ(&table_.choose(1, any), table_.find_target(target(1)));
  table_.erase(*table_.find_target(target(2)));
  EXPECT_EQ(&table_.choose(1, any), table_.find_target(target(3)));
  table_.erase(*table_.find_target(target(3)));
  EXPECT_EQ(&table_.choose(1, any), table_.find_target(target(1)));
}

}  // namespace
}  // namespace tcpcopy::session
