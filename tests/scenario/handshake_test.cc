// SPDX-License-Identifier: BSD-3-Clause
#include "tests/scenario/numbers.hh"

namespace tcpcopy::test {
namespace {

using session::LossReason;
using Handshake = Scenario;
FOR_ALL_NUMBERS(Handshake);

std::uint64_t sessions_lost(const Conversation& talk, LossReason reason) {
  return talk.ledger().sessions_lost[static_cast<std::size_t>(reason)];
}

TEST_P(Handshake, CarriesTheClientsOptions) {
  Conversation talk(GetParam());
  TcpOptions options;
  options.mss = 1400;
  options.window_scale = 7;
  options.sack_permitted = true;
  options.timestamps = TcpOptions::Timestamps{5000, 0};
  talk.client(seg("S").seq(0).opts(options).win(29200));
  talk.expect(seg("S").seq(0).opts(options).win(29200));
  EXPECT_EQ(talk.routes_added(), 1U);
}

TEST_P(Handshake, ClampsTheMssToTheMtu) {
  session::Settings settings;
  settings.mtu = 1400;
  Conversation talk(GetParam(), settings);
  TcpOptions options;
  options.mss = 8960;
  talk.client(seg("S").seq(0).opts(options));
  options.mss = 1360;
  talk.expect(seg("S").seq(0).opts(options));
}

TEST_P(Handshake, IsAcknowledgedWhenTheClientsWas) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  talk.target(seg("SA").seq(0).ack(1));
  talk.expect_nothing();
  talk.client(seg("A").seq(1).ack(1));
  talk.expect(seg("A").seq(1).ack(1));
  talk.expect_nothing();
}

TEST_P(Handshake, AckRidesOnDataThatIsThere) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  talk.client(seg("A").seq(1).ack(1));
  talk.client(seg("PA").seq(1).ack(1).len(100));
  talk.expect_nothing();
  talk.target(seg("SA").seq(0).ack(1));
  talk.expect(seg("PA").seq(1).ack(1).len(100));
  talk.expect_nothing();
}

TEST_P(Handshake, RepeatsALostSynWithBackOff) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  for (const auto pause : {1000ms, 2000ms, 4000ms, 8000ms, 8000ms, 8000ms, 8000ms}) {
    talk.wait(pause - 1ms);
    talk.expect_nothing();
    talk.wait(1ms);
    talk.expect(seg("S").seq(0));
  }
  talk.wait(8s);
  talk.expect(seg("R").seq(1));
  talk.expect_ended();
  EXPECT_EQ(sessions_lost(talk, LossReason::kNoHandshake), 1U);
}

TEST_P(Handshake, ALostSynDoesNotLoseTheSession) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  talk.client(seg("PA").seq(1).ack(1).len(10));
  talk.wait(1s);
  talk.expect(seg("S").seq(0));
  talk.target(seg("SA").seq(0).ack(1));
  talk.expect(seg("PA").seq(1).ack(1).len(10));
}

TEST_P(Handshake, RepeatedSynOfTheClientIsTheSame) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  talk.client(seg("S").seq(0));
  talk.expect_nothing();
  EXPECT_EQ(talk.ledger().sessions_opened, 1U);
}

TEST_P(Handshake, AnswersARepeatedSynAck) {
  Conversation talk(GetParam());
  talk.shake_hands();
  talk.target(seg("SA").seq(0).ack(1));
  talk.expect(seg("A").seq(1).ack(1));
}

TEST_P(Handshake, EndsAnOlderConnectionOnTheSamePorts) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  // A challenge ACK (RFC 9293, 3.10.7.4): the target knows these ports from before.
  talk.target(seg("A").seq(7777).ack(-5 + 100000));
  talk.expect(seg("R").seq(100000 - 5));
  talk.expect(seg("S").seq(0));
  talk.target(seg("SA").seq(0).ack(1));
  talk.client(seg("A").seq(1).ack(1));
  talk.expect(seg("A").seq(1).ack(1));
}

TEST_P(Handshake, TriesARefusedConnectionAgain) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  talk.client(seg("PA").seq(1).ack(1).len(20));
  talk.target(seg("RA").seq(0).ack(1));
  talk.expect_nothing();
  talk.wait(1s);
  talk.expect_reconnect(1);
  talk.target(seg("SA").seq(0).ack(1));
  talk.expect(seg("PA").seq(1).ack(1).len(20));
}

TEST_P(Handshake, GivesUpWhenRefusedAgainAndAgain) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0));
  talk.expect(seg("S").seq(0));
  talk.target(seg("RA").seq(0).ack(1));
  for (const auto pause : {1s, 2s, 4s, 8s, 16s}) {
    talk.wait(pause - 1ms);
    talk.expect_nothing();
    talk.wait(1ms);
    talk.expect_reconnect(1);
    talk.target(seg("RA").seq(0).ack(1));
  }
  talk.expect_ended();
  EXPECT_EQ(sessions_lost(talk, LossReason::kTargetRefused), 1U);
}

TEST_P(Handshake, DataInTheSynIsStreamData) {
  Conversation talk(GetParam());
  talk.client(seg("S").seq(0).says("early"));
  talk.expect(seg("S").seq(0));
  talk.client(seg("A").seq(6).ack(1));
  talk.target(seg("SA").seq(0).ack(1));
  talk.expect(seg("A").seq(1).ack(1).says("early"));
}

TEST_P(Handshake, WaitsForALink) {
  Conversation talk(GetParam());
  talk.cut_links();
  talk.client(seg("S").seq(0));
  talk.client(seg("PA").seq(1).ack(1).len(30));
  talk.wait(5s);
  talk.expect_nothing();
  talk.restore_links();
  talk.expect(seg("S").seq(0));
  talk.target(seg("SA").seq(0).ack(1));
  talk.expect(seg("PA").seq(1).ack(1).len(30));
}

}  // namespace
}  // namespace tcpcopy::test
