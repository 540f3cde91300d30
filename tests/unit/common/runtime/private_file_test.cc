// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/private_file.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "tests/support/refusal.hh"

namespace tcpcopy::runtime {
namespace {

using test::refusal;
using ::testing::HasSubstr;

std::string file_of(std::size_t bytes, mode_t mode) {
  std::string path = ::testing::TempDir() + "private_file_test";
  std::ofstream(path) << std::string(bytes, 'x');
  ::chmod(path.c_str(), mode);
  return path;
}

TEST(PrivateFileTest, IsReadWhole) {
  EXPECT_EQ(read_private_file("--key", file_of(0, 0600)), "");
  const std::string longest = read_private_file("--key", file_of(kMaxPrivateFile, 0400));
  EXPECT_EQ(longest, std::string(kMaxPrivateFile, 'x'));
}

TEST(PrivateFileTest, IsItsOwnersAloneAndOfMeasure) {
  for (const mode_t others : {0640U, 0620U, 0604U, 0610U}) {
    EXPECT_THAT(refusal([&] { read_private_file("--key", file_of(1, others)); }),
                HasSubstr("chmod 600 it"));
  }
  EXPECT_THAT(refusal([&] { read_private_file("--key", file_of(kMaxPrivateFile + 1, 0600)); }),
              HasSubstr("is too long"));
  EXPECT_THAT(refusal([] { read_private_file("--module", "/nowhere"); }),
              HasSubstr("--module: /nowhere: No such file"));
}

}  // namespace
}  // namespace tcpcopy::runtime
