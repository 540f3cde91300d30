// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/packet_filter.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/refusal.hh"

namespace tcpcopy::runtime {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(PacketFilter, WhatLibpcapUnderstandsIsAccepted) {
  for (const char* filter : {"", "tcp", "tcp and src port 8080", "vlan 100 and tcp",
                             "tcp and (dst port 80 or (dst host 10.0.0.20 and dst port 443))"}) {
    EXPECT_NO_THROW(check_filter("-F", filter)) << filter;
  }
}

TEST(PacketFilter, WhatLibpcapRefusesIsRefusedInItsWords) {
  for (const char* filter : {"tcp and", "src port eighty thousand", "tcp port 70000", "(tcp"}) {
    EXPECT_THAT(test::refusal([&] { check_filter("-F", filter); }),
                AllOf(HasSubstr(std::string("-F '") + filter + "'"), HasSubstr("libpcap refuses")));
  }
}

}  // namespace
}  // namespace tcpcopy::runtime
