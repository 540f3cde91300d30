// SPDX-License-Identifier: BSD-3-Clause
#include "common/keys/key_file.hh"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "common/runtime/errors.hh"
#include "common/runtime/unique_fd.hh"

namespace tcpcopy::keys {
namespace {

using runtime::UsageError;
using testing::HasSubstr;

const std::string kSecret = "00ff" + std::string(60, '7');
const std::string kLine = "tcpcopy-key:1:web-1:" + kSecret;

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

std::string error_in(const std::string& text) {
  return error_of([&] { parse_keys(text, "FILE"); });
}

class KeyFile : public testing::Test {
 protected:
  ~KeyFile() override { ::unlink(path_.c_str()); }
  void write(const std::string& text, unsigned mode = 0600) {
    const runtime::UniqueFd fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600));
    ASSERT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ASSERT_EQ(::fchmod(fd.get(), mode), 0);
  }
  const std::string path_ = "/tmp/tcpcopy-keys-" + std::to_string(::getpid());
};

TEST(Keys, SeveralLinesAndCommentsAreAFile) {
  const auto keys = parse_keys("# of the web servers\n\n  " + kLine + "  # the first\n" +
                                   "tcpcopy-key:1:b:" + kSecret + "\n",
                               "FILE");
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[0].name, "web-1");
  EXPECT_EQ(keys[0].secret[0], 0);
  EXPECT_EQ(keys[0].secret[1], 0xff);
  EXPECT_EQ(keys[0].secret[31], 0x77);
  EXPECT_EQ(keys[1].name, "b");
}

TEST(Keys, WhatIsNoKeyIsNamedByItsLineAndNotShown) {
  for (const std::string& line :
       {"tcpcopy-key:2:a:" + kSecret, "tcpcopy-key:1::" + kSecret, "tcpcopy-key:1:a b:" + kSecret,
        "tcpcopy-key:1:a:" + kSecret.substr(1), "tcpcopy-key:1:a:" + kSecret + "0",
        "tcpcopy-key:1:a:" + std::string(64, 'g'), "tcpcopy-key:1:a:" + std::string(64, '-'),
        "tcpcopy-key:1:" + std::string(65, 'n') + ":" + kSecret, kSecret}) {
    const std::string error = error_in("# first\n" + line);
    EXPECT_THAT(error, HasSubstr("FILE, line 2, is no key")) << line;
    EXPECT_EQ(error.find("7777"), std::string::npos);
  }
}

TEST(Keys, TwoOfOneNameAreRefused) {
  EXPECT_THAT(error_in(kLine + "\n" + kLine), HasSubstr("line 2: there are two keys named web-1"));
}

TEST(Keys, ANewOneIsALineOfAFileAndNoTwoAreAlike) {
  const auto keys = parse_keys(make_key("a") + "\n" + make_key("b.c_d-1"), "FILE");
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[1].name, "b.c_d-1");
  EXPECT_NE(keys[0].secret, keys[1].secret);
  for (const char* name : {"", "a:b", "a\n", "\xc3\xa4"}) {
    EXPECT_THAT(error_of([&] { static_cast<void>(make_key(name)); }), HasSubstr("is no name"));
  }
}

TEST_F(KeyFile, OneThatOnlyItsOwnerCanReadIsRead) {
  write(kLine + "\n", 0400);
  EXPECT_EQ(load_key(path_).name, "web-1");
}

TEST_F(KeyFile, OneThatOthersCanReadOrWriteIsRefused) {
  for (const unsigned mode : {0640U, 0604U, 0620U, 0601U}) {
    write(kLine, mode);
    EXPECT_THAT(error_of([&] { load_keys(path_); }), HasSubstr("chmod 600 it"));
  }
}

TEST_F(KeyFile, OneWithoutAKeyIsRefused) {
  write("# none\n");
  EXPECT_THAT(error_of([&] { load_keys(path_); }), HasSubstr("holds no key"));
}

TEST_F(KeyFile, OneOfSeveralKeysIsNotForTcpcopy) {
  write(kLine + "\ntcpcopy-key:1:b:" + kSecret);
  EXPECT_EQ(load_keys(path_).size(), 2U);
  EXPECT_THAT(error_of([&] { load_key(path_); }), HasSubstr("holds 2 keys"));
}

TEST_F(KeyFile, OneThatIsNotThereIsRefused) {
  EXPECT_THAT(error_of([&] { load_keys(path_); }), HasSubstr("No such file"));
}

TEST_F(KeyFile, OneThatIsNoFileDoesNotHang) {
  EXPECT_NE(error_of([&] { load_keys("/dev/zero"); }), "");
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(error_of([&] { load_keys(path_); }), HasSubstr("holds no key"));
}

}  // namespace
}  // namespace tcpcopy::keys
