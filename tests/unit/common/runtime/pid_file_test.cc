// SPDX-License-Identifier: BSD-3-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "common/runtime/pid_file.hh"
#include "tests/support/refusal.hh"

namespace tcpcopy::runtime {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// A process that has the file, and does nothing.
class Owner {
 public:
  explicit Owner(const std::string& path) {
    std::array<int, 2> ready{};
    EXPECT_EQ(::pipe(ready.data()), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const PidFile file(path);
      (void)!::write(ready[1], "!", 1);
      for (;;)
        ::pause();
    }
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~Owner() { end(); }
  Owner(const Owner&) = delete;
  Owner& operator=(const Owner&) = delete;
  Owner(Owner&&) = delete;
  Owner& operator=(Owner&&) = delete;

  pid_t pid() const { return pid_; }
  void end() {
    if (ended_) return;
    ended_ = true;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_ = 0;
  bool ended_ = false;
};

class PidFileTest : public testing::Test {
 protected:
  ~PidFileTest() override { std::filesystem::remove(path_); }

  void write(const std::string& text) const { std::ofstream(path_) << text; }
  std::string content() const {
    std::string line;
    std::ifstream file(path_);
    std::getline(file, line);
    return line;
  }

  const std::string own_pid_ = std::to_string(::getpid());
  const std::string path_ = testing::TempDir() + "pid-file-" + own_pid_;
};

TEST_F(PidFileTest, HoldsTheProcessIdUntilTheEnd) {
  {
    const PidFile file(path_);
    EXPECT_EQ(content(), own_pid_);
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(PidFileTest, WithoutAPathThereIsNone) {
  const PidFile file("");
  EXPECT_NO_THROW(file.update());
}

TEST_F(PidFileTest, IsWrittenAgain) {
  const PidFile file(path_);
  write("1\n");
  file.update();
  EXPECT_EQ(content(), own_pid_);
}

TEST_F(PidFileTest, OfARunningProcessIsRefused) {
  const Owner owner(path_);
  const std::string pid = std::to_string(owner.pid());
  EXPECT_THAT(test::refusal([&] { const PidFile file(path_); }),
              AllOf(HasSubstr("-P " + path_), HasSubstr("process " + pid + " runs already")));
  EXPECT_EQ(content(), pid) << "the file of the other was touched";
}

TEST_F(PidFileTest, OfAProcessThatWasKilledIsTakenOver) {
  Owner owner(path_);
  owner.end();
  EXPECT_EQ(content(), std::to_string(owner.pid()));
  const PidFile file(path_);
  EXPECT_EQ(content(), own_pid_);
}

TEST_F(PidFileTest, OfALivingProcessThatDoesNotHoldItIsTakenOver) {
  write("1\n");  // after a restart of the host anybody may have the number
  const PidFile file(path_);
  EXPECT_EQ(content(), own_pid_);
}

TEST_F(PidFileTest, WithoutANumberIsTakenOver) {
  for (const char* text : {"", "\n", "garbage\n", "-5\n", "99999999999999999999\n"}) {
    write(text);
    const PidFile file(path_);
    EXPECT_EQ(content(), own_pid_);
  }
}

TEST_F(PidFileTest, ThatCannotBeWrittenIsRefused) {
  const std::string path = path_ + ".folder/file";
  EXPECT_THAT(test::refusal([&] { const PidFile file(path); }),
              AllOf(HasSubstr("-P " + path), HasSubstr("cannot write the file"),
                    HasSubstr("No such file or directory")));
}

TEST_F(PidFileTest, OnAFullDiskIsRefused) {
  std::filesystem::create_symlink("/dev/full", path_);
  EXPECT_THAT(test::refusal([&] { const PidFile file(path_); }),
              AllOf(HasSubstr("-P " + path_), HasSubstr("No space left on device")));
}

}  // namespace
}  // namespace tcpcopy::runtime
