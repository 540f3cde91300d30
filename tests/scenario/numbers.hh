// SPDX-License-Identifier: BSD-3-Clause
// Every scenario runs with initial numbers in the middle and just below 2^31 and 2^32 in each
// space.
#pragma once

#include <gtest/gtest.h>

#include "tests/support/conversation.hh"

namespace tcpcopy::test {

inline const Numbers kNumbers[] = {
    {1000, 2000, 3000},
    {0x7ffffffe, 0x7ffffffd, 0x7ffffffc},
    {0xfffffffe, 0xfffffffd, 0xfffffffc},
    {0xffffffff, 0x7fffffff, 0xfffffff0},
    {0x7fffff00, 0xffffff00, 0x7ffffff0},
};

class Scenario : public ::testing::TestWithParam<Numbers> {};

inline std::string name_of(const ::testing::TestParamInfo<Numbers>& info) {
  return "numbers" + std::to_string(info.index);
}

}  // namespace tcpcopy::test

#define FOR_ALL_NUMBERS(Suite) \
  INSTANTIATE_TEST_SUITE_P(All, Suite, ::testing::ValuesIn(kNumbers), name_of)
