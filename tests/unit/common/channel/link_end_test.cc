// SPDX-License-Identifier: BSD-3-Clause
#include "common/channel/link_end.hh"

#include <gtest/gtest.h>

#include <set>

namespace tcpcopy::channel {
namespace {

TEST(LinkEnd, EveryReasonHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kEndReasons; ++i)
    names.insert(to_string(static_cast<EndReason>(i)));
  EXPECT_EQ(names.size(), kEndReasons);
  EXPECT_FALSE(names.contains(""));
}

}  // namespace
}  // namespace tcpcopy::channel
