// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/option_values.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/refusal.hh"

namespace tcpcopy::runtime {
namespace {

using test::refusal;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(OptionValues, NumbersWithinTheirRange) {
  EXPECT_EQ(parse_number("-n", "0", 0, 16), 0U);
  EXPECT_EQ(parse_number("-n", "16", 0, 16), 16U);
  EXPECT_EQ(parse_number("-n", "007", 1, 10), 7U);
  EXPECT_EQ(parse_number("-n", "18446744073709551615", 0, UINT64_MAX), UINT64_MAX);
}

TEST(OptionValues, NumbersOutsideTheirRangeAreRefused) {
  for (const char* text : {"4", "17", "18446744073709551616", "99999999999999999999999"}) {
    EXPECT_EQ(refusal([&] { parse_number("-n", text, 5, 16); }),
              std::string("-n: '") + text + "' is not a number from 5 to 16");
  }
}

TEST(OptionValues, WhatIsNoNumberIsRefused) {
  for (const char* text : {"", " ", "7 ", " 7", "7s", "+7", "-7", "7.0", "0x7", "seven"}) {
    EXPECT_EQ(refusal([&] { parse_number("-n", text, 0, 16); }),
              std::string("-n: '") + text + "' is not a number from 0 to 16");
  }
}

TEST(OptionValues, NumbersWithAFraction) {
  EXPECT_EQ(parse_real("-a", "0.25", 0.25, 10, "it"), 0.25);
  EXPECT_EQ(parse_real("-a", "10", 0.25, 10, "it"), 10);
  for (const char* text : {"", "0.24", "10.01", "1,5", "1.5s", " 1", "-1", "nan", "inf"}) {
    EXPECT_EQ(refusal([&] { parse_real("-a", text, 0.25, 10, "from 1/4 to 10"); }),
              std::string("-a: '") + text + "' is not from 1/4 to 10");
  }
}

TEST(OptionValues, Ports) {
  EXPECT_EQ(parse_port("-p", "1"), 1);
  EXPECT_EQ(parse_port("-p", "65535"), 65535);
  for (const char* text : {"0", "65536", "70000"}) {
    EXPECT_THAT(refusal([&] { parse_port("-p", text); }),
                AllOf(HasSubstr("-p"), HasSubstr(text), HasSubstr("from 1 to 65535")));
  }
}

TEST(OptionValues, Addresses) {
  EXPECT_EQ(parse_address("-b", "10.0.0.1"), Address::v4(0x0a000001));
  EXPECT_THAT(refusal([] { parse_address("-b", "host.example"); }),
              AllOf(HasSubstr("-b: 'host.example'"), HasSubstr("such as 10.0.0.1"),
                    HasSubstr("host names are not accepted")));
  EXPECT_THAT(refusal([] { parse_address("-b", ""); }), HasSubstr("-b: ''"));
}

TEST(OptionValues, Ipv6AddressesAreRefusedWithAWordOfTheirOwn) {
  for (const char* text : {"::1", "[::1]", "2001:db8::7"}) {
    EXPECT_THAT(refusal([&] { parse_address("-b", text); }),
                AllOf(HasSubstr(text), HasSubstr("IPv6 is not supported")));
  }
}

TEST(OptionValues, SplitsAtEverySeparator) {
  EXPECT_THAT(split("a", ','), ElementsAre("a"));
  EXPECT_THAT(split("a,b,c", ','), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split("a:b,c", ':'), ElementsAre("a", "b,c"));
}

TEST(OptionValues, SplitKeepsEmptyParts) {
  EXPECT_THAT(split("", ','), IsEmpty());
  EXPECT_THAT(split(",", ','), ElementsAre("", ""));
  EXPECT_THAT(split("a,", ','), ElementsAre("a", ""));
  EXPECT_THAT(split(",a", ','), ElementsAre("", "a"));
  EXPECT_THAT(split("a,,b", ','), ElementsAre("a", "", "b"));
}

TEST(OptionValues, SpacesAroundTheItemsOfAListDoNotCount) {
  EXPECT_THAT(split_list("a, b ,\tc d,"), ElementsAre("a", "b", "c d", ""));
  EXPECT_THAT(split_list(""), IsEmpty());
}

}  // namespace
}  // namespace tcpcopy::runtime
