// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/kernel_number.hh"

#include <gtest/gtest.h>
#include <unistd.h>

namespace tcpcopy::runtime {
namespace {

TEST(KernelNumberTest, IsWhatTheKernelSays) {
  const auto most = kernel_number("/proc/sys/kernel/ngroups_max");
  ASSERT_TRUE(most.has_value());
  EXPECT_EQ(*most, static_cast<std::uint64_t>(::sysconf(_SC_NGROUPS_MAX)));
}

TEST(KernelNumberTest, IsNoneWhereThereIsNone) {
  EXPECT_EQ(kernel_number("/proc/sys/kernel/there_is_no_such_file"), std::nullopt);
  EXPECT_EQ(kernel_number("/proc/sys/kernel/ostype"), std::nullopt) << "a word";
}

}  // namespace
}  // namespace tcpcopy::runtime
