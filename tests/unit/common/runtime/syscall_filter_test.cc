// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/syscall_filter.hh"

#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace tcpcopy::runtime {
namespace {

// @return the exit status of a child that runs this under the filter.
template <typename Action>
int restricted(Action action) {
  const pid_t child = ::fork();
  if (child == 0) {
    restrict_system_calls();
    ::_exit(action());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(SyscallFilter, AProgramCannotBeStarted) {
  EXPECT_EQ(restricted([] {
              ::execl("/bin/true", "true", nullptr);
              return errno;
            }),
            EPERM);
  EXPECT_EQ(restricted([] { return ::fork() < 0 ? errno : 0; }), EPERM);
}

TEST(SyscallFilter, NorAnotherProcessBeRead) {
  EXPECT_EQ(restricted([] { return ::ptrace(PTRACE_ATTACH, 1, 0, 0) < 0 ? errno : 0; }), EPERM);
}

TEST(SyscallFilter, AFileCanBeRead) {
  EXPECT_EQ(restricted([] { return ::access("/", R_OK) == 0 ? 7 : errno; }), 7);
}

}  // namespace
}  // namespace tcpcopy::runtime
