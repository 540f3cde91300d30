// SPDX-License-Identifier: BSD-3-Clause
// A session of MySQL's module, message by message.
#include "tcpcopy/modules/mysql/mysql_module.hh"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tcpcopy/modules/mysql/messages.hh"
#include "tcpcopy/modules/mysql/scramble.hh"

namespace tcpcopy::modules::mysql {
namespace {

using namespace std::string_literals;

const std::string kSalt = "[ejb0c'3mJk[dgW`Z#>N";

std::string text_of(Bytes bytes) {
  std::string text;
  for (const std::byte b : bytes)
    text += static_cast<char>(b);
  return text;
}
std::vector<std::byte> bytes_of(const std::string& text) {
  const Bytes bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}
std::string packet(std::uint8_t number, const std::string& payload) {
  return text_of(framed(number, bytes_of(payload)));
}
std::string proof(std::string_view plugin, const std::string& password, const std::string& salt) {
  return text_of(*answer_challenge(plugin, password, bytes_of(salt)));
}

std::string greeting(const std::string& plugin, std::uint32_t capabilities = 0x81fff7fe) {
  const auto byte = [&](unsigned shift) {
    return std::string(1, static_cast<char>(capabilities >> shift));
  };
  return packet(0, "\x0a"s + "5.5.5-10.11\0"s + "\x07\0\0\0"s + kSalt.substr(0, 8) + "\0"s +
                       byte(0) + byte(8) + "\x2d\x02\0"s + byte(16) + byte(24) + "\x15"s +
                       std::string(10, '\0') + kSalt.substr(8) + "\0"s + plugin + "\0"s);
}

std::string login(const std::string& user, const std::string& answer, const std::string& database,
                  const std::string& plugin, std::uint32_t more = 0) {
  Login values;
  values.capabilities = 0xa68d | capability::kPluginAuth | more;
  values.capabilities &= ~(capability::kCompress | capability::kTls | capability::kConnectWithDb);
  values.capabilities |= more;
  if (!database.empty()) values.capabilities |= capability::kConnectWithDb;
  values.user = user;
  values.answer = bytes_of(answer);
  values.database = database;
  values.plugin = plugin;
  return packet(1, text_of(payload_of(values)));
}

const std::string kOk = packet(2, "\0\0\0\x02\0\0\0"s);

class MysqlModule : public ::testing::Test {
 protected:
  void open(const std::string& file = "user = app:secret\nuser = none:\n", bool whole = true) {
    module_ = open_module(parse_module_file(file, "f"));
    session_ = module_->open_session();
    reopen(whole);
  }
  void reopen(bool whole) {
    Script script;
    session_->on_open({0, whole}, script);
    note(script);
  }
  // What of it is sent instead; what is held, or waits for more, is "…".
  std::string client(const std::string& said) {
    Script script;
    const auto bytes = bytes_of(said);
    session_->on_client({at_, bytes, false}, script);
    note(script);
    if (script.held() || script.edits().empty()) return "…";
    std::string sent;
    std::size_t read = 0;
    for (const Script::Edit& edit : script.edits()) {
      if (edit.what == Script::What::kKeep) sent += said.substr(read, edit.length);
      sent += text_of(edit.bytes);
      read += edit.length;
    }
    at_ += read;
    return sent;
  }
  // What is inserted for it.
  std::string target(const std::string& said, std::size_t seen = 152) {
    Script script;
    const auto bytes = bytes_of(said.substr(0, seen));
    session_->on_target({0, static_cast<std::uint32_t>(said.size()), bytes, true}, script);
    note(script);
    std::string sent;
    for (const Script::Edit& edit : script.edits())
      sent += text_of(edit.bytes);
    return sent;
  }
  void note(const Script& script) {
    if (script.failure()) failure_ = *script.failure();
  }
  void log_in() {
    open();
    target(greeting("mysql_native_password"));
    client(login("app", "x", "", "mysql_native_password"));
    target(kOk);
  }
  // Prepares, and gives it an id.
  void prepare(const std::string& id, char parameters) {
    client(packet(0, "\x16SELECT 1"));
    target(packet(1, "\0"s + id + "\0\0\0\x01\0"s + parameters + "\0\0\0\0"s));
  }

  std::unique_ptr<Module> module_;
  std::unique_ptr<ModuleSession> session_;
  std::uint64_t at_ = 0;
  std::string failure_;
};

TEST_F(MysqlModule, ALoginWaitsForTheGreetingAndAnswersIt) {
  open();
  const std::string said = login("app", std::string(20, 'x'), "shop", "mysql_native_password");
  EXPECT_EQ(client(said), "…");
  EXPECT_EQ(target(greeting("mysql_native_password")), "");
  EXPECT_EQ(client(said),
            login("app", proof(kNative, "secret", kSalt), "shop", "mysql_native_password"));
  EXPECT_EQ(client(packet(0, "\x03SELECT 1")), "…");
  target(kOk);
  EXPECT_EQ(client(packet(0, "\x03SELECT 1")), packet(0, "\x03SELECT 1"));
  EXPECT_EQ(failure_, "");
}

TEST_F(MysqlModule, AnotherPluginMakesItLonger) {
  open();
  target(greeting("caching_sha2_password"));
  EXPECT_EQ(client(login("app", std::string(20, 'x'), "", "mysql_native_password")),
            login("app", proof(kCachingSha2, "secret", kSalt), "", "caching_sha2_password"));
  EXPECT_EQ(target(packet(2, "\x01\x03")), "");
  target(packet(3, "\0\0\0\x02\0\0\0"s));
  EXPECT_EQ(client(packet(0, "\x0e")), packet(0, "\x0e"));
}

TEST_F(MysqlModule, TheWholeLoginOfCachingSha2IsRefused) {
  open();
  target(greeting("caching_sha2_password"));
  client(login("app", "x", "", "caching_sha2_password"));
  target(packet(2, "\x01\x04"));
  EXPECT_NE(failure_.find("wants the whole login of user 'app'"), std::string::npos) << failure_;
}

TEST_F(MysqlModule, ASwitchIsAnsweredAndTheClientsOwnAnswersLeftOut) {
  open();
  target(greeting("mysql_native_password"));
  client(login("app", "x", "", "mysql_native_password"));
  const std::string other = "12345678901234567890";
  EXPECT_EQ(target(packet(2,
                          "\xfe"
                          "caching_sha2_password\0"s +
                              other + "\0"s)),
            packet(3, proof(kCachingSha2, "secret", other)));
  EXPECT_EQ(client(packet(3, std::string(20, 'y'))), "");
  EXPECT_EQ(client(packet(0, "\x0e")), "…");
  target(packet(4, "\0\0\0\x02\0\0\0"s));
  EXPECT_EQ(client(packet(0, "\x0e")), packet(0, "\x0e"));
}

TEST_F(MysqlModule, AnEmptyPasswordHasAnEmptyAnswer) {
  open();
  target(greeting("mysql_native_password"));
  EXPECT_EQ(client(login("none", "xx", "", "mysql_native_password")),
            login("none", "", "", "mysql_native_password"));
}

TEST_F(MysqlModule, RefusalsHaveTheTargetsWords) {
  open();
  target(greeting("mysql_native_password"));
  client(login("app", "x", "", "mysql_native_password"));
  target(packet(2, "\xff\x15\x04#28000Access denied"s));
  EXPECT_EQ(failure_, "the target refuses user 'app': error 1045: Access denied");
  open();
  target(packet(0, "\xff\x10\x04Too many connections"s));
  EXPECT_EQ(failure_, "the target refuses the connection: error 1040: Too many connections");
}

TEST_F(MysqlModule, WhatCannotBeReplayedSaysWhy) {
  open();
  target(greeting("mysql_native_password"));
  client(login("stranger", "x", "", "mysql_native_password"));
  EXPECT_NE(failure_.find("no password for it: `user = stranger:PASSWORD`"), std::string::npos);
  open();
  target(greeting("mysql_native_password"));
  client(packet(1, std::string(32, '\x0f')));
  EXPECT_NE(failure_.find("TLS"), std::string::npos);
  open();
  target(greeting("mysql_native_password"));
  client(login("app", "x", "", "mysql_native_password", capability::kCompress));
  EXPECT_NE(failure_.find("compress"), std::string::npos);
  open("user = app:secret\n", false);
  EXPECT_NE(failure_.find("joined behind its login"), std::string::npos);
}

TEST_F(MysqlModule, WhatIsNoNameDoesNotComeIntoTheLog) {
  for (const std::string& user : {"app\nall is well"s, std::string(100'000, 'x')}) {
    open();
    target(greeting("mysql_native_password"));
    client(login(user, "x", "", "mysql_native_password"));
    EXPECT_EQ(failure_, "what a client says first is no login that this module knows");
  }
  open();
  target(greeting("mysql_native_password"));
  client(login("app", "x", "", "mysql_native_password"));
  target(packet(2,
                "\xfe"
                "a\nb\0"s +
                    kSalt + "\0"s));
  EXPECT_EQ(failure_.find('\n'), std::string::npos) << failure_;
}

TEST_F(MysqlModule, AChangeOfUserAnswersTheSameChallenge) {
  log_in();
  const std::string change =
      "\x11none\0\x14"s + std::string(20, 'x') + "db\0\x2d\0"s + "mysql_native_password\0"s;
  EXPECT_EQ(client(packet(0, change)),
            packet(0, "\x11none\0\0db\0\x2d\0"s + "mysql_native_password\0"s));
  EXPECT_EQ(target(packet(1, "\xfemysql_native_password\0"s + kSalt + "\0"s)), packet(2, ""));
  EXPECT_EQ(client(packet(2, std::string(20, 'x'))), "");
  target(packet(3, "\0\0\0\x02\0\0\0"s));
  EXPECT_EQ(client(packet(0, "\x0e")), packet(0, "\x0e"));
}

TEST_F(MysqlModule, IdsBecomeTheTargets) {
  log_in();
  prepare("\x07"s, '\0');
  EXPECT_EQ(client(packet(0, "\x17\x27\0\0\0\0\x01\0\0\0"s)),
            packet(0, "\x17\x07\0\0\0\0\x01\0\0\0"s));
  EXPECT_EQ(client(packet(0, "\x19\x27\0\0\0"s)), packet(0, "\x19\x07\0\0\0"s));
}

TEST_F(MysqlModule, AUseWaitsForTheTargetsId) {
  log_in();
  client(packet(0, "\x16SELECT 1"));
  const std::string use = packet(0, "\x17\x01\0\0\0\0\x01\0\0\0"s);
  EXPECT_EQ(client(use), "…");
  target(packet(1, "\0\x05\0\0\0\0\0\0\0\0\0\0"s));
  EXPECT_EQ(client(use), packet(0, "\x17\x05\0\0\0\0\x01\0\0\0"s));
}

TEST_F(MysqlModule, IdsComeBehindLongAnswers) {
  log_in();
  client(packet(0, "\x03SELECT everything"));
  target(packet(1, std::string(400, 'r')) + packet(2, std::string(400, 'r')), 152);
  prepare("\x09"s, '\0');
  EXPECT_EQ(client(packet(0, "\x17\x01\0\0\0\0\x01\0\0\0"s)),
            packet(0, "\x17\x09\0\0\0\0\x01\0\0\0"s));
}

TEST_F(MysqlModule, UnknownStatementsAreLeftOut) {
  log_in();
  EXPECT_EQ(client(packet(0, "\x17\x27\0\0\0\0\x01\0\0\0"s)), "");
  EXPECT_EQ(failure_, "");
  EXPECT_EQ(module_->take_said().size(), 1U);
}

TEST_F(MysqlModule, AMessageInPiecesWaitsAndAVeryLongOneGoes) {
  log_in();
  const std::string query = packet(0, "\x03SELECT 12345");
  EXPECT_EQ(client(query.substr(0, 3)), "…");
  EXPECT_EQ(client(query.substr(0, 9)), "…");
  EXPECT_EQ(client(query), query);
  EXPECT_EQ(client("\xff\xff\xff\0\x03INSERT "s), "\xff\xff\xff\0\x03INSERT "s);
  EXPECT_EQ(client("\x05\0\0\x01rest!"s), "\x05\0\0\x01rest!"s);
}

TEST_F(MysqlModule, ANewConnectionHearsWhatTheSessionHasSetUp) {
  log_in();
  client(packet(0, "\x02shop"));
  target(packet(1, "\0\0\0\x02\0\0\0"s));
  client(packet(0, "\x03set names utf8"));
  target(packet(1, "\0\0\0\x02\0\0\0"s));
  prepare("\x03"s, '\0');
  EXPECT_EQ(client(packet(0, "\x17\x27\0\0\0\0\x01\0\0\0"s)),
            packet(0, "\x17\x03\0\0\0\0\x01\0\0\0"s));
  reopen(false);
  const std::string use = packet(0, "\x17\x27\0\0\0\0\x01\0\0\0"s);
  EXPECT_EQ(client(use), "…");
  EXPECT_EQ(target(greeting("mysql_native_password")),
            login("app", proof(kNative, "secret", kSalt), "", "mysql_native_password"));
  EXPECT_EQ(target(kOk), packet(0, "\x02shop"));
  EXPECT_EQ(target(packet(1, "\0\0\0\x02\0\0\0"s)), packet(0, "\x03set names utf8"));
  EXPECT_EQ(target(packet(1, "\0\0\0\x02\0\0\0"s)), packet(0, "\x16SELECT 1"));
  EXPECT_EQ(client(use), "…");
  EXPECT_EQ(target(packet(1, "\0\x08\0\0\0\0\0\0\0\0\0\0"s)), "");
  EXPECT_EQ(client(use), packet(0, "\x17\x08\0\0\0\0\x01\0\0\0"s));
}

TEST_F(MysqlModule, AJoinedSessionLogsIn) {
  open("user = app:secret\njoin = app:shop\n", false);
  const std::string said = target(greeting("mysql_native_password"));
  const auto parsed = parse_login(bytes_of(said.substr(4)));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->user, "app");
  EXPECT_EQ(parsed->database, "shop");
  EXPECT_EQ(text_of(parsed->answer), proof(kNative, "secret", kSalt));
  target(kOk);
  EXPECT_EQ(client(packet(0, "\x03SELECT 1")), packet(0, "\x03SELECT 1"));
}

TEST_F(MysqlModule, QueryAttributesAreLeftOutWhereTheTargetHasNone) {
  open();
  target(greeting("mysql_native_password"));
  client(login("app", "x", "", "mysql_native_password", capability::kQueryAttributes));
  target(kOk);
  EXPECT_EQ(client(packet(0, "\x03\0\x01SELECT 1"s)), packet(0, "\x03SELECT 1"));
  client(packet(0, "\x03\x01\x01SELECT 1"s));
  EXPECT_NE(failure_.find("attributes"), std::string::npos);
}

TEST_F(MysqlModule, JoinsAtCommandsOnly) {
  open();
  EXPECT_TRUE(session_->may_join(bytes_of(packet(0, "\x03SELECT 1"))));
  EXPECT_FALSE(session_->may_join(bytes_of(packet(1, "\x03SELECT 1"))));
  EXPECT_FALSE(session_->may_join(bytes_of("GET / HTTP/1.1")));
  EXPECT_FALSE(session_->may_join(bytes_of("\x01\0\0"s)));
}

}  // namespace
}  // namespace tcpcopy::modules::mysql
