// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/host_names.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/runtime/option_values.hh"
#include "tests/support/refusal.hh"

namespace tcpcopy::runtime {
namespace {

using test::refusal;
using testing::ElementsAre;
using testing::IsEmpty;

Address address(const char* text) { return Address::parse_v4(text).value(); }

/// Names of a small world, which counts the questions.
struct World {
  int asked = 0;

  HostNames names() {
    return HostNames([this](const std::string& name, std::string& why) -> std::vector<Address> {
      ++asked;
      if (name == "test") return {address("10.0.0.30")};
      if (name == "farm") {
        return {address("10.0.0.9"), address("10.0.0.100"), address("10.0.0.9")};
      }
      if (name != "six") why = "Name or service not known";
      return {};
    });
  }
};

TEST(HostNames, WhatCanBeOne) {
  for (const char* name :
       {"test", "test-2", "a.b.example", "a_b", "3com.example", "10.0.0.x", "x.", "A"})
    EXPECT_TRUE(is_host_name(name)) << name;
  for (const char* other : {"", ".", "-a", "10.0.0.1", "10.0.0.300", "10.1", "80", "a.1",
                            "0x0a000001", "a b", "a:b", "::1", "[::1]", "a/24", "a,b", "a\nb"})
    EXPECT_FALSE(is_host_name(other)) << other;
  EXPECT_TRUE(is_host_name(std::string(253, 'a')));
  EXPECT_FALSE(is_host_name(std::string(254, 'a')));
}

TEST(HostNames, AnAddressAsksNobody) {
  World world;
  HostNames names = world.names();
  EXPECT_EQ(names.one("-s", "10.0.0.40"), address("10.0.0.40"));
  EXPECT_EQ(world.asked, 0);
  EXPECT_THAT(names.told(), IsEmpty());
  EXPECT_EQ(refusal([&] { names.one("-s", "10.0.0.400"); }),
            "-s: '10.0.0.400' is not an IPv4 address such as 10.0.0.1");
}

TEST(HostNames, ANameIsAskedForOnce) {
  World world;
  HostNames names = world.names();
  EXPECT_EQ(names.one("-x", "test"), address("10.0.0.30"));
  EXPECT_EQ(names.one("-x", "test"), address("10.0.0.30"));
  EXPECT_EQ(world.asked, 1);
  EXPECT_THAT(names.told(), ElementsAre("test is 10.0.0.30"));
}

TEST(HostNames, OfSeveralAddressesTheLowestIsTaken) {
  World world;
  HostNames names = world.names();
  EXPECT_EQ(names.one("-s", "farm"), address("10.0.0.9"));
  EXPECT_THAT(names.told(),
              ElementsAre("farm is 10.0.0.9, 10.0.0.100; of these 10.0.0.9 is taken, the lowest"));
}

TEST(HostNames, OrAllAreMeant) {
  World world;
  HostNames names = world.names();
  EXPECT_THAT(names.all("--allow", "farm"),
              ElementsAre(address("10.0.0.9"), address("10.0.0.100")));
  EXPECT_THAT(names.told(), ElementsAre("farm is 10.0.0.9, 10.0.0.100; all of them are meant"));
  EXPECT_THAT(names.all("--allow", "10.0.0.1"), ElementsAre(address("10.0.0.1")));
}

TEST(HostNames, WhatIsNotKnownIsRefusedByName) {
  World world;
  HostNames names = world.names();
  EXPECT_EQ(refusal([&] { names.one("-s 'nobody:1'", "nobody"); }),
            "-s 'nobody:1': the host 'nobody': Name or service not known");
  EXPECT_EQ(refusal([&] { names.one("-s 'six'", "six"); }),
            "-s 'six': the host 'six': it has no IPv4 address");
}

}  // namespace
}  // namespace tcpcopy::runtime
