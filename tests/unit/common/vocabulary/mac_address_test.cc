// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/mac_address.hh"

#include <gtest/gtest.h>

namespace tcpcopy {
namespace {

TEST(MacAddress, IsReadAndWritten) {
  const auto address = MacAddress::parse("02:00:00:aB:0f:F0");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->octets[3], std::byte{0xab});
  EXPECT_EQ(address->to_string(), "02:00:00:ab:0f:f0");
}

TEST(MacAddress, OtherTextIsRefused) {
  for (const char* text :
       {"", "02:00:00:00:00", "02:00:00:00:00:01:02", "2:0:0:0:0:1:222222", "02-00-00-00-00-01",
        "02:00:00:00:00:0g", "02:00:00:00:00:+1", "02:00:00:00:00: 1", "0x:00:00:00:00:01"}) {
    EXPECT_FALSE(MacAddress::parse(text)) << text;
  }
}

}  // namespace
}  // namespace tcpcopy
