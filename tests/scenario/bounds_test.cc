// SPDX-License-Identifier: BSD-3-Clause
// What happens at the bounds: whole sessions are shed, counted, and the rest goes on.
#include "tcpcopy/session/limits.hh"
#include "tests/scenario/numbers.hh"

namespace tcpcopy::test {
namespace {

using session::LossReason;
using Bounds = Scenario;
FOR_ALL_NUMBERS(Bounds);

std::uint64_t sessions_lost(const Conversation& talk, LossReason reason) {
  return talk.ledger().sessions_lost[static_cast<std::size_t>(reason)];
}

TEST_P(Bounds, SessionThatHoldsTooMuchIsShed) {
  session::Settings settings;
  settings.max_held_per_session = 10'000;
  Conversation talk(GetParam(), settings);
  talk.shake_hands();
  talk.target(seg("A").seq(1).ack(1).win(0));
  for (std::int64_t at = 1; at < 12'000; at += 1000)
    talk.client(seg("A").seq(at).ack(1).len(1000));
  talk.expect(seg("RA").seq(1).ack(1));
  EXPECT_EQ(sessions_lost(talk, LossReason::kMemoryLimit), 1U);
  EXPECT_TRUE(talk.ledger().balanced());
}

// Pieces that cannot be merged, because a request may begin with each, cost more than their bytes.
TEST_P(Bounds, SessionThatHoldsTooManyPiecesIsShed) {
  session::Settings settings;
  settings.max_pieces_per_session = 100;
  Conversation talk(GetParam(), settings);
  talk.shake_hands();
  talk.target(seg("A").seq(1).ack(1).win(0));
  for (int i = 0; i < 100; ++i)
    talk.client(seg("A").seq(1 + i).ack(1).says("G"));
  EXPECT_EQ(talk.engine().sessions(), 1U);
  talk.client(seg("A").seq(101).ack(1).says("G"));
  talk.expect(seg("RA").seq(1).ack(1));
  EXPECT_EQ(sessions_lost(talk, LossReason::kMemoryLimit), 1U);
  EXPECT_TRUE(talk.ledger().balanced());
}

TEST_P(Bounds, TheSessionThatHoldsMostIsShedWhenAllHoldTooMuch) {
  session::Settings settings;
  settings.max_memory = 100'000;
  Conversation talk(GetParam(), settings);
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  talk.client(seg("A").seq(1).ack(1).len(65'000));
  talk.client(seg("A").seq(65'001).ack(1).len(15'000));
  talk.set_client_port(50000);
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  talk.client(seg("A").seq(1).ack(1).len(30'000));
  talk.expect(seg("R").seq(1));
  EXPECT_EQ(talk.engine().sessions(), 1U);
  EXPECT_EQ(talk.ledger().held.bytes, 30'000U);
  EXPECT_EQ(sessions_lost(talk, LossReason::kMemoryLimit), 1U);
  EXPECT_TRUE(talk.ledger().balanced());
}

TEST_P(Bounds, TheLongestIdleSessionMakesRoomForANewOne) {
  session::Settings settings;
  settings.max_sessions = 3;
  Conversation talk(GetParam(), settings);
  for (std::uint16_t port = 50000; port < 50003; ++port) {
    talk.set_client_port(port);
    talk.shake_hands();
    talk.wait(30s);
  }
  talk.set_client_port(50000);  // heard of again
  talk.client(seg("A").seq(1).ack(1));
  talk.set_client_port(50010);
  talk.client(seg("S").seq(0));
  talk.expect(seg("RA").seq(1));
  talk.expect(seg("S").seq(0));
  EXPECT_EQ(sessions_lost(talk, LossReason::kIdle), 1U);
  talk.set_client_port(50011);  // the others are not idle enough
  talk.client(seg("S").seq(0));
  EXPECT_EQ(sessions_lost(talk, LossReason::kSessionLimit), 1U);
  talk.set_client_port(50000);
  talk.client(seg("PA").seq(1).ack(1).len(10));
  talk.expect(seg("PA").seq(1).len(10));
}

TEST_P(Bounds, NoMoreSessionsThanTheLimit) {
  session::Settings settings;
  settings.max_sessions = 1;
  Conversation talk(GetParam(), settings);
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  talk.set_client_port(50000);
  talk.client(seg("S").seq(0));
  EXPECT_EQ(talk.engine().sessions(), 1U);
  EXPECT_EQ(sessions_lost(talk, LossReason::kSessionLimit), 1U);
  EXPECT_TRUE(talk.ledger().balanced());
}

TEST_P(Bounds, TwoClientsOfOneAddressNeverShareAPort) {
  Conversation talk(GetParam(), {}, {Address::v4(0x0b000001)});
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  const std::uint16_t first = talk.target_side_port();
  talk.set_client_address(Address::v4(0x0a4d000b));  // another client with the same port
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  EXPECT_EQ(first, 40000);
  EXPECT_NE(talk.target_side_port(), first);
  EXPECT_EQ(talk.ledger().ports_changed, 1U);
  EXPECT_EQ(talk.engine().sessions(), 2U);
}

}  // namespace
}  // namespace tcpcopy::test
