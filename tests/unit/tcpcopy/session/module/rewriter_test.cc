// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/module/rewriter.hh"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "tcpcopy/session/module/limits.hh"
#include "tests/support/puppet.hh"

namespace tcpcopy::session {
namespace {

using test::Puppet;
using test::text_of;

std::vector<std::byte> bytes(const std::string& text) { return test::bytes_of(text); }

// Messages are lines.
class RewriterTest : public ::testing::Test {
 protected:
  RewriterTest() {
    puppet_.on_client = [this](const ModuleInput& input, Script& out) {
      const std::string text = text_of(input.bytes);
      const std::size_t end = text.find('\n');
      if (end == std::string::npos) return;
      seen_.push_back(text.substr(0, end));
      out.keep(end + 1);
    };
  }

  Rewriter& open() {
    rewriter_.emplace(puppet_);
    rewriter_->open(ClientOffset(0), ReplayOffset(0), true);
    return *rewriter_;
  }
  void say(const std::string& text) { client_.insert(client_.contiguous_end(), bytes(text), {}); }
  void advance() { rewriter_->advance(client_, client_.contiguous_end(), now_); }
  std::string written() const {
    std::array<Bytes, 200> pieces;
    const auto gathered = rewriter_->edits().gather(
        client_, ReplayOffset(0), static_cast<std::uint32_t>(rewriter_->edits().written().value),
        pieces);
    std::string text;
    for (std::size_t i = 0; i < gathered.pieces; ++i)
      text += text_of(pieces[i]);
    return text;
  }
  void expect_failure(const std::string& part) {
    EXPECT_TRUE(rewriter_->failed());
    const auto said = puppet_.take_said();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_NE(said[0].find(part), std::string::npos) << said[0];
  }

  Puppet puppet_;
  ClientStream client_;
  std::optional<Rewriter> rewriter_;
  std::vector<std::string> seen_;
  Instant now_{std::chrono::seconds(1)};
};

TEST_F(RewriterTest, EachMessageIsSeenOnceWhateverThePieces) {
  open();
  for (const char* piece : {"on", "e\ntwo\nth", "ree", "\n", "fo"}) {
    say(piece);
    advance();
    advance();
  }
  EXPECT_EQ(seen_, (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(written(), "one\ntwo\nthree\n");
}

TEST_F(RewriterTest, AMessageGoesAsAWholeWhereItBeganInTime) {
  open();
  say("one\n");
  say("two\nthree\n");
  rewriter_->advance(client_, ClientOffset(5), now_);
  EXPECT_EQ(written(), "one\ntwo\n");
}

TEST_F(RewriterTest, ALongMessageIsShownWhole) {
  open();
  const std::string message(300'000, 'x');
  for (std::size_t at = 0; at < message.size(); at += 1000) {
    say(message.substr(at, 1000));
    advance();
  }
  say("\nnext\n");
  advance();
  EXPECT_EQ(seen_, (std::vector<std::string>{message, "next"}));
}

TEST_F(RewriterTest, WhatIsKeptAheadIsNotShown) {
  open();
  puppet_.on_client = [&](const ModuleInput& input, Script& out) {
    seen_.push_back(text_of(input.bytes));
    out.keep(10);
  };
  say("12345");
  advance();
  say("67");
  advance();
  say("890next");
  advance();
  EXPECT_EQ(seen_, (std::vector<std::string>{"12345", "next"}));
  EXPECT_EQ(written(), "1234567890next");
}

TEST_F(RewriterTest, WhatIsDroppedAheadIsNotSent) {
  open();
  puppet_.on_client = [&](const ModuleInput& input, Script& out) {
    text_of(input.bytes)[0] == '1' ? out.drop(10) : out.keep(input.bytes.size());
  };
  say("12345");
  advance();
  say("67890next");
  advance();
  EXPECT_EQ(written(), "next");
  EXPECT_EQ(rewriter_->take_counts().left_out, 10U);
}

TEST_F(RewriterTest, HoldsUntilTheTargetHasSpoken) {
  bool greeted = false;
  puppet_.on_target = [&](const ModuleAnswer&, Script&) { greeted = true; };
  puppet_.on_client = [&](const ModuleInput& input, Script& out) {
    greeted ? out.replace(input.bytes.size(), bytes("login\n")) : out.hold();
  };
  open();
  say("x\n");
  advance();
  EXPECT_EQ(written(), "");
  EXPECT_EQ(rewriter_->deadline(), now_ + kMaxModuleHold);
  rewriter_->on_answer(TargetOffset(0), 8, bytes("greeting"), false, TargetOffset(8), now_);
  advance();
  EXPECT_EQ(written(), "login\n");
  EXPECT_EQ(rewriter_->deadline(), kNever);
}

TEST_F(RewriterTest, AnEndlessHoldEndsTheSession) {
  puppet_.on_client = [](const ModuleInput&, Script& out) { out.hold(); };
  open();
  say("x\n");
  advance();
  now_ += kMaxModuleHold - std::chrono::milliseconds(1);
  advance();
  rewriter_->on_deadline(now_);
  EXPECT_FALSE(rewriter_->failed());
  now_ += std::chrono::milliseconds(1);
  rewriter_->on_deadline(now_);
  expect_failure("the target has not said");
}

TEST_F(RewriterTest, APreambleGoesBeforeTheFirstMessage) {
  puppet_.on_open = [](const ModuleOpening& opening, Script& out) {
    if (!opening.whole) out.insert(bytes("hello\n"));
  };
  say("lost\nfound\n");
  rewriter_.emplace(puppet_);
  rewriter_->open(ClientOffset(5), ReplayOffset(0), false);
  advance();
  EXPECT_EQ(written(), "hello\nfound\n");
}

TEST_F(RewriterTest, AnswersComeInOrder) {
  std::string heard;
  puppet_.on_target = [&](const ModuleAnswer& answer, Script&) {
    heard += text_of(answer.beginning);
  };
  open();
  rewriter_->on_answer(TargetOffset(3), 3, bytes("def"), false, TargetOffset(0), now_);
  EXPECT_EQ(heard, "");
  rewriter_->on_answer(TargetOffset(0), 3, bytes("abc"), false, TargetOffset(6), now_);
  EXPECT_EQ(heard, "abcdef");
}

TEST_F(RewriterTest, TheRestOfAStreamThatEndsInAMessageGoesAsItIs) {
  open();
  say("one\ntw");
  advance();
  EXPECT_EQ(written(), "one\n");
  client_.set_fin(client_.contiguous_end(), {});
  advance();
  EXPECT_EQ(written(), "one\ntw");
}

TEST_F(RewriterTest, AModuleThatFindsNoMessageEndsTheSession) {
  open();
  say(std::string(kMostShown + 1, 'x'));
  advance();
  expect_failure("took no message");
}

TEST_F(RewriterTest, AModuleThatReplacesWhatItWasNotShownEndsTheSession) {
  puppet_.on_client = [](const ModuleInput& input, Script& out) {
    out.replace(input.bytes.size() + 1, bytes("x"));
  };
  open();
  say("abc");
  advance();
  expect_failure("replaces what it was not shown");
}

TEST_F(RewriterTest, AModuleThatSaysMoreBehindWhatHasNotComeEndsTheSession) {
  puppet_.on_client = [](const ModuleInput& input, Script& out) {
    out.keep(input.bytes.size() + 5);
    out.insert(bytes("x"));
  };
  open();
  say("abc");
  advance();
  expect_failure("behind what has not come");
}

TEST_F(RewriterTest, AModuleThatKeepsNothingEndsTheSession) {
  puppet_.on_client = [](const ModuleInput&, Script& out) { out.keep(0); };
  open();
  say("abc");
  advance();
  expect_failure("deals with no byte");
}

TEST_F(RewriterTest, AModuleThatOnlyInsertsIsStopped) {
  puppet_.on_client = [](const ModuleInput&, Script& out) {
    out.insert(std::vector<std::byte>(100'000));
  };
  open();
  say("abc");
  advance();
  expect_failure("writes more");
}

TEST_F(RewriterTest, AModuleThatEditsWithTheTargetsWordsEndsTheSession) {
  puppet_.on_target = [](const ModuleAnswer&, Script& out) { out.keep(1); };
  open();
  say("abc\n");
  rewriter_->on_answer(TargetOffset(0), 1, bytes("x"), false, TargetOffset(1), now_);
  expect_failure("edits what it was not shown");
}

TEST_F(RewriterTest, AReasonIsSaidOnce) {
  puppet_.on_client = [](const ModuleInput&, Script& out) { out.fail("it is Monday"); };
  say("abc");
  for (int i = 0; i < 3; ++i) {
    open();
    advance();
    EXPECT_TRUE(rewriter_->failed());
  }
  EXPECT_EQ(puppet_.take_said(), std::vector<std::string>{"it is Monday"});
}

}  // namespace
}  // namespace tcpcopy::session
