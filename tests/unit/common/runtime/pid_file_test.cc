// SPDX-License-Identifier: BSD-3-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "common/runtime/daemon.hh"
#include "tests/support/refusal.hh"

namespace tcpcopy::runtime {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// A process of the same program that does nothing.
class Sibling {
 public:
  Sibling() : pid_(::fork()) {
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;)
      ::pause();
  }
  ~Sibling() { end(); }
  Sibling(const Sibling&) = delete;
  Sibling& operator=(const Sibling&) = delete;
  Sibling(Sibling&&) = delete;
  Sibling& operator=(Sibling&&) = delete;

  pid_t pid() const { return pid_; }
  void end() {
    if (ended_) return;
    ended_ = true;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_;
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

TEST_F(PidFileTest, OfARunningProcessOfThisProgramIsRefused) {
  const Sibling sibling;
  const std::string pid = std::to_string(sibling.pid());
  write(pid + "\n");
  EXPECT_THAT(test::refusal([&] { const PidFile file(path_); }),
              AllOf(HasSubstr("-P " + path_), HasSubstr("process " + pid + " runs already")));
  EXPECT_EQ(content(), pid) << "the file of the other was touched";
}

TEST_F(PidFileTest, OfAProcessThatEndedIsTakenOver) {
  Sibling sibling;
  sibling.end();
  write(std::to_string(sibling.pid()) + "\n");
  const PidFile file(path_);
  EXPECT_EQ(content(), own_pid_);
}

TEST_F(PidFileTest, OfAnotherProgramIsTakenOver) {
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
