// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/unique_fd.hh"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <utility>

namespace tcpcopy::runtime {
namespace {

int open_one() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }
bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

TEST(UniqueFd, ClosesWhatItOwns) {
  int fd = -1;
  {
    const UniqueFd owner(open_one());
    fd = owner.get();
    EXPECT_TRUE(owner);
    EXPECT_TRUE(is_open(fd));
  }
  EXPECT_FALSE(is_open(fd));
}

TEST(UniqueFd, MayOwnNothing) {
  UniqueFd none;
  EXPECT_FALSE(none);
  none.reset();
  EXPECT_EQ(none.get(), -1);
}

TEST(UniqueFd, AMoveLeavesNothingBehind) {
  UniqueFd first(open_one());
  const int fd = first.get();
  const UniqueFd second(std::move(first));
  EXPECT_EQ(second.get(), fd);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): that is the question
  EXPECT_TRUE(is_open(fd));
}

TEST(UniqueFd, AnAssignmentClosesTheFormer) {
  UniqueFd first(open_one());
  UniqueFd second(open_one());
  const int former = first.get();
  const int latter = second.get();
  first = std::move(second);
  EXPECT_FALSE(is_open(former));
  EXPECT_TRUE(is_open(latter));
  EXPECT_EQ(first.get(), latter);
}

}  // namespace
}  // namespace tcpcopy::runtime
