// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/log.hh"

#include <fcntl.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): setenv
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/runtime/unique_fd.hh"
#include "tests/support/refusal.hh"

namespace tcpcopy::runtime {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

Instant at(Duration time) { return Instant(time); }

TEST(LogThrottle, TheFirstLineIsLetThrough) {
  LogThrottle throttle(5s);
  EXPECT_TRUE(throttle.allow(at(0s)));
  LogThrottle another(5s);
  EXPECT_TRUE(another.allow(Instant::min()));
}

TEST(LogThrottle, NoneIsLetThroughDuringThePause) {
  LogThrottle throttle(5s);
  ASSERT_TRUE(throttle.allow(at(1s)));
  EXPECT_FALSE(throttle.allow(at(1s)));
  EXPECT_FALSE(throttle.allow(at(6s - 1ns)));
  EXPECT_TRUE(throttle.allow(at(6s)));
  EXPECT_FALSE(throttle.allow(at(7s)));  // a new pause has begun
}

TEST(LogThrottle, CountsWhatItHeldBack) {
  LogThrottle throttle(5s);
  throttle.allow(at(0s));
  EXPECT_EQ(throttle.take_suppressed(), 0U);
  for (int i = 0; i < 1000; ++i)
    throttle.allow(at(1s));
  ASSERT_TRUE(throttle.allow(at(5s)));
  EXPECT_EQ(throttle.take_suppressed(), 1000U);
  EXPECT_EQ(throttle.take_suppressed(), 0U);
}

TEST(LastingFault, IsSaidAtOnceAndThenEveryMinute) {
  LastingFault fault;
  ASSERT_TRUE(fault.happens(at(100s)));
  EXPECT_EQ(fault.count(), "");
  for (int i = 1; i < 60; ++i)
    EXPECT_FALSE(fault.happens(at(100s + i * 1s)));
  ASSERT_TRUE(fault.happens(at(160s)));
  EXPECT_EQ(fault.count(), " (61 times in 60 s)");
  EXPECT_FALSE(fault.happens(at(161s)));
}

TEST(LastingFault, ItsEndIsSaidOnce) {
  LastingFault fault;
  EXPECT_FALSE(fault.end());
  fault.happens(at(1s));
  EXPECT_TRUE(fault.end());
  EXPECT_FALSE(fault.end());
  EXPECT_TRUE(fault.happens(at(2s))) << "another one";
  EXPECT_EQ(fault.count(), "");
}

class LogFile : public testing::Test {
 protected:
  LogFile() : folder_(testing::TempDir() + "log-" + std::to_string(::getpid())) {
    std::filesystem::create_directory(folder_);
  }
  ~LogFile() override {
    spdlog::set_default_logger(before_);
    std::filesystem::remove_all(folder_);
  }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  LogFile(LogFile&&) = delete;
  LogFile& operator=(LogFile&&) = delete;

  static std::string content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const std::string folder_;
  const std::string path_ = folder_ + "/daemon.log";

 private:
  const std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

TEST_F(LogFile, LinesNameTheProgramAndTheLevel) {
  open_log("tcpcopy", path_);
  spdlog::warn("a line");
  EXPECT_THAT(content(path_), HasSubstr(" tcpcopy warning: a line\n"));
}

TEST_F(LogFile, OfJsonIsAnObjectALine) {
  open_log("tcpcopy", path_, LogFormat::kJson);
  spdlog::warn("a \"line\"\n\xff");
  EXPECT_THAT(content(path_),
              testing::MatchesRegex(
                  R"(\{"time":"....-..-..T..:..:..\....Z","level":"warning","program":"tcpcopy",)"
                  R"("message":"a \\"line\\"\\u000a\\u00ff"\})"
                  "\n"));
}

TEST_F(LogFile, KeepsTheLevelWhenItIsOpenedAgain) {
  open_log("tcpcopy", path_);
  spdlog::set_level(spdlog::level::warn);
  open_log("tcpcopy", path_);
  spdlog::info("quiet");
  EXPECT_EQ(content(path_), "");
}

TEST_F(LogFile, TheJournalIsToldByItsDescriptor) {
  const UniqueFd fd(::open(path_.c_str(), O_WRONLY | O_CREAT, 0600));
  struct stat status {};
  ::fstat(fd.get(), &status);
  EXPECT_FALSE(is_journal(fd.get()));
  const auto stream = [](auto device, auto inode) {
    ::setenv("JOURNAL_STREAM", (std::to_string(device) + ":" + std::to_string(inode)).c_str(), 1);
  };
  stream(status.st_dev, status.st_ino);
  EXPECT_TRUE(is_journal(fd.get()));
  stream(status.st_dev, status.st_ino + 1);
  EXPECT_FALSE(is_journal(fd.get()));
  ::unsetenv("JOURNAL_STREAM");
}

TEST_F(LogFile, IsAppendedTo) {
  std::ofstream(path_) << "from the day before\n";
  open_log("tcpcopy", path_);
  spdlog::info("today");
  EXPECT_THAT(content(path_), AllOf(HasSubstr("the day before"), HasSubstr("today")));
}

TEST_F(LogFile, IsOpenedAgainAfterARotation) {
  open_log("tcpcopy", path_);
  spdlog::info("first");
  std::filesystem::rename(path_, path_ + ".1");
  open_log("tcpcopy", path_);
  spdlog::info("second");
  EXPECT_THAT(content(path_ + ".1"), AllOf(HasSubstr("first"), Not(HasSubstr("second"))));
  EXPECT_THAT(content(path_), AllOf(HasSubstr("second"), Not(HasSubstr("first"))));
}

TEST_F(LogFile, ThatCannotBeOpenedIsRefused) {
  const std::string path = folder_;  // a folder is no file
  EXPECT_THAT(test::refusal([&] { open_log("tcpcopy", path); }),
              AllOf(HasSubstr("-l " + path), HasSubstr("cannot open")));
}

TEST_F(LogFile, WhoseFolderCannotBeLookedAtLeavesTheOldOne) {
  open_log("tcpcopy", path_);
  const std::string loop = folder_ + "/loop";
  std::filesystem::create_symlink(loop, loop);
  reopen_log("tcpcopy", loop + "/daemon.log");
  EXPECT_THAT(content(path_), HasSubstr("the old one is used on"));
}

}  // namespace
}  // namespace tcpcopy::runtime
