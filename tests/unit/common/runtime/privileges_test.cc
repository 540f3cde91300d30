// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/privileges.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/refusal.hh"

namespace tcpcopy::runtime {
namespace {

using testing::HasSubstr;

class FindAccount : public testing::Test {
 protected:
  FindAccount() {
    std::ofstream(passwd_) << "root:x:0:0::/root:/bin/sh\n"
                              "broken:x\n"
                              "odd:x:x:7::/:\n"
                              "replay:x:123:456::/:/usr/sbin/nologin\n";
  }
  ~FindAccount() override { std::filesystem::remove(passwd_); }
  FindAccount(const FindAccount&) = delete;
  FindAccount& operator=(const FindAccount&) = delete;
  FindAccount(FindAccount&&) = delete;
  FindAccount& operator=(FindAccount&&) = delete;

  void expect(const std::string& name, uid_t user, gid_t group) const {
    const Account account = find_account(name, passwd_);
    EXPECT_EQ(account.user, user);
    EXPECT_EQ(account.group, group);
  }

  const std::string passwd_ = testing::TempDir() + "passwd-" + std::to_string(::getpid());
};

TEST_F(FindAccount, ByNameOrNumber) {
  expect("replay", 123, 456);
  expect("123", 123, 456);
  expect("789", 789, 789);
}

TEST_F(FindAccount, RootAndStrangersAreRefused) {
  for (const char* name : {"nobody-here", "odd", "broken", "", "-1", "99999999999"}) {
    EXPECT_THAT(test::refusal([&] { find_account(name, passwd_); }), HasSubstr("there is no user"))
        << name;
  }
  for (const char* name : {"root", "0"})
    EXPECT_THAT(test::refusal([&] { find_account(name, passwd_); }), HasSubstr("root"));
}

}  // namespace
}  // namespace tcpcopy::runtime
