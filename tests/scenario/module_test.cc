// SPDX-License-Identifier: BSD-3-Clause
// What a module does to a session: lengths change, numbers follow.
#include "tests/scenario/numbers.hh"
#include "tests/support/puppet.hh"

namespace tcpcopy::test {
namespace {

using session::LossReason;

// Messages are lines. `x…` becomes `LONGER…`, `d…` is left out, `s…` becomes `s`, others stay.
class WithModule : public Scenario {
 protected:
  WithModule() {
    module_.on_client = [this](const ModuleInput& input, Script& out) {
      const std::string text = text_of(input.bytes);
      const std::size_t end = text.find('\n');
      if (end == std::string::npos) return;
      const std::size_t length = end + 1;
      messages_.push_back(text.substr(0, end));
      if (text[0] == 'x') return out.replace(length, bytes_of("LONGER" + text.substr(0, length)));
      if (text[0] == 'd') return out.drop(length);
      if (text[0] == 's') return out.replace(length, bytes_of("s\n"));
      out.keep(length);
    };
    module_.may_join = [](const std::string& text) { return text[0] == 'j'; };
  }

  Puppet module_;
  std::vector<std::string> messages_;
};
FOR_ALL_NUMBERS(WithModule);

std::uint64_t lost(const Conversation& talk, LossReason reason) {
  return talk.ledger().sessions_lost[static_cast<std::size_t>(reason)];
}

TEST_P(WithModule, WhatIsKeptGoesAsItIs) {
  Conversation talk(GetParam(), module_);
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).says("one\n"));
  talk.expect(seg("PA").seq(1).ack(1).says("one\n"));
  talk.target(seg("A").seq(1).ack(5));
  talk.client(seg("PA").seq(5).ack(1).says("two\n"));
  talk.expect(seg("PA").seq(5).ack(1).says("two\n"));
  talk.target(seg("A").seq(1).ack(9));
  EXPECT_EQ(talk.ledger().delivered.bytes, 8U);
  EXPECT_EQ(talk.ledger().module_inserted, 0U);
}

TEST_P(WithModule, NumbersFollowWhatIsLonger) {
  Conversation talk(GetParam(), module_);
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).says("xy\n"));
  talk.expect(seg("PA").seq(1).ack(1).says("LONGERxy\n"));
  talk.target(seg("PA").seq(1).ack(10).len(5));
  EXPECT_EQ(talk.ledger().delivered.bytes, 3U);
  talk.client(seg("PA").seq(4).ack(6).says("one\n"));
  talk.expect(seg("PA").seq(10).ack(6).says("one\n"));
  talk.target(seg("PA").seq(6).ack(14).len(5));
  talk.client(seg("FA").seq(8).ack(11));
  talk.expect(seg("FA").seq(14).ack(11));
  talk.target(seg("FA").seq(11).ack(15));
  talk.expect(seg("A").seq(15).ack(12));
  talk.expect_ended();
  EXPECT_EQ(talk.ledger().sessions_completed, 1U);
  EXPECT_EQ(talk.engine().memory_use(), 0U);
  EXPECT_EQ(talk.ledger().delivered.bytes, 7U);
  EXPECT_EQ(talk.ledger().module_inserted, 9U);
  EXPECT_EQ(talk.ledger().module_left_out, 3U);
}

TEST_P(WithModule, HalfOfWhatStandsForAMessageDeliversNothingOfIt) {
  Conversation talk(GetParam(), module_);
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).says("xy\n"));
  talk.expect(seg("PA").seq(1).ack(1).says("LONGERxy\n"));
  talk.target(seg("A").seq(1).ack(7));
  EXPECT_EQ(talk.ledger().delivered.bytes, 0U);
  EXPECT_EQ(talk.ledger().held.bytes, 3U);
  talk.wait(1s);  // the rest is sent again, and only that
  talk.expect(seg("PA").seq(7).ack(1).says("xy\n"));
  talk.pass_over(1);
  talk.target(seg("A").seq(1).ack(10));
  EXPECT_EQ(talk.ledger().delivered.bytes, 3U);
}

TEST_P(WithModule, WhatIsLeftOutHasNoNumbers) {
  Conversation talk(GetParam(), module_);
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).says("drop\none\ndrop\ntwo\nsmall\n"));
  talk.expect(seg("PA").seq(1).ack(1).says("one\ntwo\ns\n"));
  talk.target(seg("A").seq(1).ack(11));
  EXPECT_EQ(talk.ledger().delivered.bytes, 24U);
  EXPECT_EQ(talk.ledger().held.bytes, 0U);
  EXPECT_EQ(messages_, (std::vector<std::string>{"drop", "one", "drop", "two", "small"}));
}

TEST_P(WithModule, NobodyWaitsForTheAnswerToWhatWasLeftOut) {
  Conversation talk(GetParam(), module_);
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).says("drop\n"));
  talk.expect_nothing();
  talk.client(seg("PA").seq(6).ack(2).says("one\n"));
  talk.expect(seg("PA").seq(1).ack(1).says("one\n"));
}

TEST_P(WithModule, LostSegmentsComeAgainAsTheyWere) {
  Conversation talk(GetParam(), module_);
  TcpOptions options;
  options.sack_permitted = true;
  talk.shake_hands(options, options);
  talk.client(seg("PA").seq(1).ack(1).says("x1\n"));
  talk.expect(seg("PA").seq(1).ack(1).says("LONGERx1\n"));
  talk.client(seg("PA").seq(4).ack(1).says("two\n"));
  talk.expect(seg("PA").seq(10).ack(1).says("two\n"));
  talk.client(seg("PA").seq(8).ack(1).says("x3\n"));
  talk.expect(seg("PA").seq(14).ack(1).says("LONGERx3\n"));
  talk.client(seg("PA").seq(11).ack(1).says("four\n"));
  talk.expect(seg("PA").seq(23).ack(1).says("four\n"));
  talk.target(seg("A").seq(1).ack(1).sack(10, 14));
  talk.target(seg("A").seq(1).ack(1).sack(10, 23));
  talk.target(seg("A").seq(1).ack(1).sack(10, 28));
  // One segment of full size takes in what was lost, and what follows it.
  talk.expect(seg("PA").seq(1).ack(1).says("LONGERx1\n"));
  EXPECT_EQ(talk.ledger().delivered.bytes, 0U);
  talk.target(seg("A").seq(1).ack(28));
  EXPECT_EQ(talk.ledger().delivered.bytes, 15U);
}

TEST_P(WithModule, OutOfOrderAndTwiceIsOneMessage) {
  Conversation talk(GetParam(), module_);
  talk.shake_hands();
  talk.client(seg("PA").seq(4).ack(1).says("wo\n"));
  talk.expect_nothing();
  talk.client(seg("PA").seq(1).ack(1).says("x t"));
  talk.expect(seg("PA").seq(1).ack(1).says("LONGERx two\n"));
  talk.client(seg("PA").seq(1).ack(1).says("x two\n"));
  talk.expect_nothing();
  EXPECT_EQ(talk.ledger().duplicate.bytes, 6U);
  EXPECT_EQ(messages_.size(), 1U);
}

TEST_P(WithModule, AHeldMessageGoesWhenTheTargetHasSpoken) {
  std::string heard;
  const auto usual = module_.on_client;
  module_.on_target = [&](const ModuleAnswer& answer, Script&) {
    heard += text_of(answer.beginning);
  };
  module_.on_client = [&](const ModuleInput& input, Script& out) {
    heard.empty() ? out.hold() : usual(input, out);
  };
  Conversation talk(GetParam(), module_);
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).says("xy\n"));
  talk.wait(500ms);
  talk.expect_nothing();
  talk.target(seg("PA").seq(1).ack(1).says("salt"));
  EXPECT_EQ(heard, "salt");
  talk.expect(seg("PA").seq(1).ack(5).says("LONGERxy\n"));
}

TEST_P(WithModule, AnEndlessHoldEndsTheSession) {
  module_.on_client = [](const ModuleInput&, Script& out) { out.hold(); };
  Conversation talk(GetParam(), module_);
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).says("xy\n"));
  talk.wait(29s);
  talk.expect_nothing();
  talk.wait(2s);
  talk.expect(seg("RA").seq(1).ack(1));
  talk.expect_ended();
  EXPECT_EQ(lost(talk, LossReason::kModule), 1U);
  EXPECT_EQ(module_.take_said().size(), 1U);
}

TEST_P(WithModule, AFinWaitsForWhatIsHeld) {
  bool spoken = false;
  const auto usual = module_.on_client;
  module_.on_target = [&](const ModuleAnswer&, Script&) { spoken = true; };
  module_.on_client = [&](const ModuleInput& input, Script& out) {
    spoken ? usual(input, out) : out.hold();
  };
  Conversation talk(GetParam(), module_);
  talk.shake_hands();
  talk.client(seg("FPA").seq(1).ack(1).says("xy\n"));
  talk.expect_nothing();
  talk.target(seg("PA").seq(1).ack(1).says("hello"));
  talk.expect(seg("FPA").seq(1).ack(6).says("LONGERxy\n"));
}

TEST_P(WithModule, AModuleThatFailsEndsTheSessionForGood) {
  module_.on_client = [](const ModuleInput&, Script& out) { out.fail("no such user"); };
  Conversation talk(GetParam(), module_);
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).says("xy\n"));
  talk.expect(seg("RA").seq(1).ack(1));
  talk.expect_ended();
  EXPECT_EQ(lost(talk, LossReason::kModule), 1U);
  talk.client(seg("PA").seq(4).ack(5).says("more\n"));  // joined no more
  talk.expect_ended();
  EXPECT_EQ(module_.take_said(), std::vector<std::string>{"no such user"});
}

TEST_P(WithModule, ASessionIsJoinedWhereTheModuleCanBeginAndHearsItsPreamble) {
  module_.on_open = [](const ModuleOpening& opening, Script& out) {
    if (!opening.whole) out.insert(bytes_of("preamble\n"));
  };
  Conversation talk(GetParam(), module_);
  talk.client(seg("PA").seq(101).ack(11).says("a\n"));
  talk.client(seg("PA").seq(103).ack(21).says("b\n"));
  talk.expect_nothing();
  talk.client(seg("PA").seq(105).ack(31).says("join\n"));
  talk.expect_reconnect(105);
  talk.target(seg("SA").seq(0).ack(105));
  talk.expect(seg("PA").seq(105).ack(1).says("preamble\njoin\n"));
  talk.target(seg("A").seq(1).ack(119));
  EXPECT_EQ(talk.ledger().delivered.bytes, 5U);
  EXPECT_EQ(talk.ledger().module_inserted, 9U);
}

TEST_P(WithModule, ANewConnectionHearsThePreambleToo) {
  int opened = 0;
  module_.on_open = [&](const ModuleOpening&, Script& out) {
    if (++opened > 1) out.insert(bytes_of("again\n"));
  };
  Conversation talk(GetParam(), module_);
  talk.shake_hands();
  talk.client(seg("PA").seq(1).ack(1).says("xy\n"));
  talk.expect(seg("PA").seq(1).ack(1).says("LONGERxy\n"));
  talk.target(seg("FPA").seq(1).ack(10).len(5));
  talk.expect(seg("A").seq(10).ack(7));
  talk.client(seg("PA").seq(4).ack(6).says("join\n"));
  talk.expect(seg("RA").seq(10).ack(7));
  talk.expect_reconnect(4);
  talk.target(seg("SA").seq(0).ack(4));
  talk.expect(seg("PA").seq(4).ack(1).says("again\njoin\n"));
}

TEST_P(WithModule, ALongMessageGoesInSegments) {
  module_.on_client = [](const ModuleInput& input, Script& out) {
    out.insert(std::vector<std::byte>(2000, std::byte{'i'}));
    out.keep(input.bytes.size());
  };
  TcpOptions options;
  options.mss = 1460;
  Conversation talk(GetParam(), module_);
  talk.shake_hands(options, options);
  talk.client(seg("PA").seq(1).ack(1).says("tail\n"));
  talk.expect(seg("A").seq(1).ack(1).says(std::string(1460, 'i')));
  talk.expect(seg("PA").seq(1461).ack(1).says(std::string(540, 'i') + "tail\n"));
  talk.target(seg("A").seq(1).ack(2001));
  EXPECT_EQ(talk.ledger().delivered.bytes, 0U);
  talk.target(seg("A").seq(1).ack(2006));
  EXPECT_EQ(talk.ledger().delivered.bytes, 5U);
}

}  // namespace
}  // namespace tcpcopy::test
