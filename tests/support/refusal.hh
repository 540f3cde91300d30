// SPDX-License-Identifier: BSD-3-Clause
// Refused options, for tests of what the user is told.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "common/runtime/errors.hh"

namespace tcpcopy::test {

/// @return the text of the UsageError that the call throws; it is one line.
template <typename Call>
std::string refusal(Call&& call) {
  try {
    call();
  } catch (const runtime::UsageError& error) {
    const std::string text = error.what();
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    return text;
  }
  ADD_FAILURE() << "nothing was refused";
  return {};
}

}  // namespace tcpcopy::test
