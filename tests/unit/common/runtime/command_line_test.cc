// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/command_line.hh"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "common/runtime/errors.hh"

namespace tcpcopy::runtime {
namespace {

using Run = int (*)(int, const char* const*);

struct Outcome {
  int status;
  std::string printed;  // on standard error
};

Outcome outcome_of(Run run) {
  const char* const argv[] = {"program", "argument"};
  testing::internal::CaptureStderr();
  const int status = guarded_main("program", run, 2, argv);
  return {status, testing::internal::GetCapturedStderr()};
}

TEST(GuardedMain, ReturnsTheStatusOfTheProgram) {
  const auto outcome = outcome_of([](int argc, const char* const* argv) {
    return argc == 2 && std::string(argv[1]) == "argument" ? 7 : 0;
  });
  EXPECT_EQ(outcome.status, 7);
  EXPECT_EQ(outcome.printed, "");
}

TEST(GuardedMain, AUsageErrorIsOneLineAndStatus2) {
  const auto outcome =
      outcome_of([](int, const char* const*) -> int { throw UsageError("-x is missing"); });
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.printed, "program: -x is missing\n");
}

TEST(GuardedMain, ASystemErrorIsOneLineAndStatus1) {
  const auto outcome =
      outcome_of([](int, const char* const*) -> int { throw SystemError("no permission"); });
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.printed, "program: no permission\n");
}

TEST(GuardedMain, AnyOtherExceptionIsStatus1) {
  const auto outcome =
      outcome_of([](int, const char* const*) -> int { throw std::out_of_range("a bug"); });
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.printed, "program: a bug\n");
}

}  // namespace
}  // namespace tcpcopy::runtime
