// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/address.hh"

#include <gtest/gtest.h>

namespace tcpcopy {
namespace {

TEST(Address, ParsesDottedDecimal) {
  EXPECT_EQ(Address::parse_v4("10.0.0.1"), Address::v4(0x0a000001));
  EXPECT_EQ(Address::parse_v4("0.0.0.0"), Address::v4(0));
  EXPECT_EQ(Address::parse_v4("255.255.255.255"), Address::v4(0xffffffff));
}

TEST(Address, PrintsWhatItParses) {
  for (const char* text : {"0.0.0.0", "10.77.0.30", "127.0.0.1", "255.255.255.255", "1.20.30.4"}) {
    const auto address = Address::parse_v4(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
}

TEST(Address, RefusesWhatIsNotFourNumbers) {
  for (const char* text : {"", ".", "10", "10.0.0", "10.0.0.", ".10.0.0.1", "10..0.1", "10.0.0.1.",
                           "10.0.0.1.2", "a.b.c.d", "localhost", "::1", "10,0,0,1"}) {
    EXPECT_FALSE(Address::parse_v4(text)) << text;
  }
}

TEST(Address, RefusesNumbersBeyondOneByte) {
  for (const char* text : {"256.0.0.1", "10.0.0.256", "10.0.0.999", "10.0.0.4294967297",
                           "10.0.0.99999999999999999999", "0001.0.0.1"}) {
    EXPECT_FALSE(Address::parse_v4(text)) << text;
  }
}

TEST(Address, RefusesSignsBlanksAndOtherBases) {
  for (const char* text : {" 10.0.0.1", "10.0.0.1 ", "10.0. 0.1", "+10.0.0.1", "10.-0.0.1",
                           "0x0a.0.0.1", "10.0.0.1\n"}) {
    EXPECT_FALSE(Address::parse_v4(text)) << text;
  }
}

TEST(Address, DefaultIsUnspecified) {
  EXPECT_TRUE(Address().is_unspecified());
  EXPECT_TRUE(Address().is_v4());
  EXPECT_EQ(Address(), Address::v4(0));
  EXPECT_FALSE(Address::v4(1).is_unspecified());
}

TEST(Address, KnowsTheLoopbackNetwork) {
  EXPECT_TRUE(Address::v4(0x7f000001).is_loopback());
  EXPECT_TRUE(Address::v4(0x7fffffff).is_loopback());
  EXPECT_FALSE(Address::v4(0x7effffff).is_loopback());
  EXPECT_FALSE(Address::v4(0x80000000).is_loopback());
}

TEST(Address, KeepsItsBits) {
  for (const std::uint32_t bits : {0U, 1U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    EXPECT_TRUE(Address::v4(bits).is_v4());
    EXPECT_EQ(Address::v4(bits).v4_bits(), bits);
  }
}

TEST(Endpoint, PrintsAddressAndPort) {
  EXPECT_EQ((Endpoint{Address::v4(0x0a000001), 80}.to_string()), "10.0.0.1:80");
  EXPECT_EQ((Endpoint{Address::v4(0xffffffff), 65535}.to_string()), "255.255.255.255:65535");
  EXPECT_EQ(Endpoint{}.to_string(), "0.0.0.0:0");
}

TEST(FlowKey, RolesAreNotInterchangeable) {
  const Endpoint a{Address::v4(1), 1};
  const Endpoint b{Address::v4(2), 2};
  EXPECT_EQ((FlowKey{a, b}), (FlowKey{a, b}));
  EXPECT_NE((FlowKey{a, b}), (FlowKey{b, a}));
}

}  // namespace
}  // namespace tcpcopy
