// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/modules/module_file.hh"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tcpcopy/modules/catalogue.hh"
#include "tests/support/refusal.hh"

namespace tcpcopy::modules {
namespace {

using test::refusal;

TEST(ModuleFile, NamesAndValues) {
  const ModuleFile file = parse_module_file(
      "# users\n"
      "user = app:secret  # the shop\n"
      "\n"
      "user=\"odd:a b # c\"\n"
      "port = 3306\n",
      "f");
  ASSERT_EQ(file.lines.size(), 3U);
  EXPECT_EQ(file.lines[0].value, "app:secret");
  EXPECT_EQ(file.lines[1].value, "odd:a b # c");
  EXPECT_EQ(file.lines[1].number, 4);
}

TEST(ModuleFile, SaysWhichLineIsWrong) {
  EXPECT_EQ(refusal([] { parse_module_file("a = b\nuser app\n", "f"); }),
            "f:2: this is not `name = value`");
  EXPECT_EQ(refusal([] { parse_module_file("user = \"a:b\n", "f"); }),
            "f:1: user: the value does not end with its quote");
  EXPECT_EQ(refusal([] { parse_module_file("port = 0\n", "f").take_ports(); }),
            "f:1: port: is no port, 1 to 65535");
}

class ModuleFileOnDisk : public ::testing::Test {
 protected:
  ModuleFileOnDisk() { std::filesystem::create_directories(folder_); }
  ~ModuleFileOnDisk() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text, mode_t mode = 0600) {
    const std::string path = folder_ / name;
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }

  std::filesystem::path folder_ = std::filesystem::path(::testing::TempDir()) /
                                  (std::string("module_file_") +
                                   ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(ModuleFileOnDisk, OneThatOthersCanReadIsRefused) {
  const std::string path = write("open", "user = app:secret\n", 0640);
  EXPECT_EQ(refusal([&] {
              open_modules({{"mysql", path}});
            }),
            "--module: " + path + " can be read or changed by others than its owner: chmod 600 it");
  EXPECT_EQ(refusal([&] {
              open_modules({{"mysql", path + "x"}});
            }),
            "--module: " + path + "x: No such file or directory");
}

TEST_F(ModuleFileOnDisk, ModulesShareThePorts) {
  const std::string one = write("one", "user = app:secret\nport = 3306\nport = 3307\n");
  const std::string two = write("two", "user = app:secret\nport = 3307\n");
  const std::string any = write("any", "user = app:secret\n");
  const auto opened = open_modules({{"mysql", one}});
  ASSERT_EQ(opened.size(), 1U);
  EXPECT_TRUE(opened[0].is_for(3307));
  EXPECT_FALSE(opened[0].is_for(80));
  EXPECT_TRUE(open_modules({{"mysql", any}})[0].is_for(80));
  EXPECT_EQ(refusal([&] {
              open_modules({{"mysql", one}, {"mysql", two}});
            }),
            "--module: " + two + ": port 3307 has a module already");
  EXPECT_EQ(refusal([&] {
              open_modules({{"mysql", one}, {"mysql", any}});
            }),
            "--module: there are several: a line `port = …` in " + any +
                " must say which one mysql is for");
}

TEST_F(ModuleFileOnDisk, UnknownModulesAndModulesWithoutAFile) {
  EXPECT_EQ(refusal([] {
              open_modules({{"mssql", "f"}});
            }),
            "--module: there is no module 'mssql'; --module help lists them");
  EXPECT_EQ(refusal([] {
              open_modules({{"mysql", ""}});
            }),
            "--module: mysql needs a file, as in mysql:/etc/tcpcopy/mysql.module");
  EXPECT_NE(catalogue().find("mysql"), std::string::npos);
}

TEST_F(ModuleFileOnDisk, OfMysql) {
  const auto wrong = [&](const std::string& text) {
    const std::string path = write("mysql", text);
    const std::string said = refusal([&] { open_modules({{"mysql", path}}); });
    return said.substr(said.find(path) + path.size());
  };
  EXPECT_EQ(wrong("user = app\n"), ":1: user: is NAME:PASSWORD");
  EXPECT_EQ(wrong("user = a:b\nuser = a:c\n"), ":2: user: this user stands in the file twice");
  EXPECT_EQ(wrong("skip-grant-tables = yes\n"), ":1: skip-grant-tables: is neither true nor false");
  EXPECT_EQ(wrong("user = a:b\npassword = c\n"),
            ":2: password: is nothing that this module knows: user, join, skip-grant-tables, port");
  EXPECT_EQ(wrong("join = a\n"), ": it has no line `user = NAME:PASSWORD`");
}

}  // namespace
}  // namespace tcpcopy::modules
