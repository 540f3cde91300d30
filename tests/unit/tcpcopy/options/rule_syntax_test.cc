// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/options/rule_syntax.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/refusal.hh"

namespace tcpcopy::options {
namespace {

using test::refusal;
using testing::AllOf;
using testing::HasSubstr;

const std::string kRuleForm = "expected [onlineIP:]onlinePort-targetIP:targetPort";

Address address(const char* text) { return Address::parse_v4(text).value(); }

/// The message with which -x, -s or -c is refused.
std::string refused_rules(std::string_view text) {
  return refusal([&] { parse_rules(text); });
}
std::string refused_intercepts(std::string_view text) {
  return refusal([&] { parse_intercepts(text, 36524); });
}
std::string refused_pool(std::string_view text) {
  return refusal([&] { parse_client_pool(text, {}); });
}

TEST(Rules, APortAndATarget) {
  const auto rules = parse_rules("80-10.0.0.30:8080");
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_FALSE(rules[0].online_address);
  EXPECT_EQ(rules[0].online_port, 80);
  EXPECT_EQ(rules[0].target.to_string(), "10.0.0.30:8080");
}

TEST(Rules, AnOnlineAddress) {
  const auto rules = parse_rules("10.0.0.20:80-10.0.0.30:8080");
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_EQ(rules[0].online_address, address("10.0.0.20"));
  EXPECT_EQ(rules[0].online_port, 80);
  EXPECT_EQ(rules[0].target.to_string(), "10.0.0.30:8080");
}

TEST(Rules, SeveralInTheirOrder) {
  const auto rules = parse_rules("80-10.0.0.30:8080,10.0.0.20:443-10.0.0.31:8443,65535-10.0.0.1:1");
  ASSERT_EQ(rules.size(), 3U);
  EXPECT_EQ(rules[0].online_port, 80);
  EXPECT_EQ(rules[1].online_address, address("10.0.0.20"));
  EXPECT_EQ(rules[1].target.to_string(), "10.0.0.31:8443");
  EXPECT_EQ(rules[2].online_port, 65535);
  EXPECT_EQ(rules[2].target.port, 1);
}

TEST(Rules, MacAddressesAreCheckedAndNotUsed) {
  for (const char* text :
       {"80@02:00:00:00:00:01-10.0.0.30:8080@02:00:00:00:00:02",
        "80@02:00:00:00:00:01-10.0.0.30:8080", "80-10.0.0.30:8080@0a:Bc:dE:f0:12:34"}) {
    const auto rules = parse_rules(text);
    ASSERT_EQ(rules.size(), 1U) << text;
    EXPECT_EQ(rules[0].online_port, 80);
    EXPECT_EQ(rules[0].target.to_string(), "10.0.0.30:8080");
  }
}

/// Every host has the address of its first letter: a is 10.0.0.1.
Address by_letter(std::string_view what, std::string_view text) {
  if (!runtime::is_host_name(text)) return runtime::parse_address(what, text);
  return Address::v4(0x0a000000U + static_cast<std::uint32_t>(text.front() - 'a' + 1));
}

TEST(Hosts, MayStandInPlaceOfAddresses) {
  const auto rules =
      parse_rules("80-b:8080,a-1:81-c-2.example:8081,a:82@02:00:00:00:00:01-d-3:1", by_letter);
  ASSERT_EQ(rules.size(), 3U);
  EXPECT_EQ(rules[0].target.to_string(), "10.0.0.2:8080");
  EXPECT_EQ(rules[1].online_address, address("10.0.0.1"));
  EXPECT_EQ(rules[1].online_port, 81);
  EXPECT_EQ(rules[1].target.to_string(), "10.0.0.3:8081");
  EXPECT_TRUE(rules[2].source_mac);
  EXPECT_EQ(rules[2].target.to_string(), "10.0.0.4:1");
  const auto intercepts = parse_intercepts("a-b, c:1234, 10.0.0.9", 36524, by_letter);
  ASSERT_EQ(intercepts.size(), 3U);
  EXPECT_EQ(intercepts[0].to_string(), "10.0.0.1:36524");
  EXPECT_EQ(intercepts[1].to_string(), "10.0.0.3:1234");
  EXPECT_EQ(intercepts[2].to_string(), "10.0.0.9:36524");
  EXPECT_THAT(refusal([] { parse_rules("80-[::1]:8080", by_letter); }), HasSubstr("IPv6"));
}

TEST(Lists, MayHaveSpacesBehindTheirCommas) {  // as 1.x takes them
  EXPECT_EQ(parse_rules("80-10.0.0.30:8080, 81-10.0.0.31:8081").at(1).online_port, 81);
  EXPECT_EQ(parse_intercepts("10.0.0.40, 10.0.0.41:1234", 36524).at(1).to_string(),
            "10.0.0.41:1234");
  EXPECT_EQ(parse_client_pool("10.0.0.9, 62.135.200.x", {}).size(), 255U);
}

TEST(Rules, ABadMacAddressIsRefused) {
  for (const char* mac : {"", "02", "02:00:00:00:00", "02:00:00:00:00:01:02", "02:00:00:00:00:0g",
                          "2:0:0:0:0:1", "02-00-00-00-00-01"}) {
    const std::string text = std::string("80-10.0.0.30:8080@") + mac;
    EXPECT_THAT(refused_rules(text),
                AllOf(HasSubstr("-x"), HasSubstr(std::string("'") + mac + "'"),
                      HasSubstr("not a MAC address such as 02:00:00:00:00:01")));
  }
}

TEST(Rules, NothingIsRefused) {
  EXPECT_THAT(refused_rules(""), AllOf(HasSubstr("-x is empty"), HasSubstr(kRuleForm)));
}

TEST(Rules, ARuleWithoutDashIsRefused) {
  for (const char* rule : {"80", "80:10.0.0.30:8080", "hello"}) {
    EXPECT_THAT(refused_rules(rule), AllOf(HasSubstr(std::string("-x '") + rule + "'"),
                                           HasSubstr("no '-'"), HasSubstr(kRuleForm)));
  }
}

TEST(Rules, AnEmptyRuleInTheListIsRefused) {
  for (const char* text : {",", "80-10.0.0.30:8080,", ",80-10.0.0.30:8080"}) {
    EXPECT_THAT(refused_rules(text), AllOf(HasSubstr("-x ''"), HasSubstr(kRuleForm)));
  }
}

TEST(Rules, ATargetWithoutPortIsRefused) {
  EXPECT_THAT(refused_rules("80-10.0.0.30"),
              AllOf(HasSubstr("-x '80-10.0.0.30'"), HasSubstr("the target has no port"),
                    HasSubstr(kRuleForm)));
}

TEST(Rules, PortsOutOfRangeAreRefused) {
  for (const char* port : {"0", "65536", "70000", "-1", "", "http", "80x", "8 0"}) {
    const std::string quoted = std::string("'") + port + "' is not a number from 1 to 65535";
    EXPECT_THAT(refused_rules("80-10.0.0.30:" + std::string(port)),
                AllOf(HasSubstr("the target port"), HasSubstr(quoted)));
  }
  for (const char* port : {"0", "65536", "", "http"}) {
    const std::string quoted = std::string("'") + port + "' is not a number from 1 to 65535";
    EXPECT_THAT(refused_rules(std::string(port) + "-10.0.0.30:80"),
                AllOf(HasSubstr("the online port"), HasSubstr(quoted)));
    EXPECT_THAT(refused_rules("10.0.0.20:" + std::string(port) + "-10.0.0.30:80"),
                AllOf(HasSubstr("the online port"), HasSubstr(quoted)));
  }
}

TEST(Rules, AddressesThatAreNoneAreRefused) {
  EXPECT_THAT(refused_rules("80-target:8080"),
              AllOf(HasSubstr("the target address"), HasSubstr("'target'"),
                    HasSubstr("an IPv4 address such as 10.0.0.1"), HasSubstr("host names")));
  EXPECT_THAT(refused_rules("80-10.0.0.300:8080"),
              AllOf(HasSubstr("'10.0.0.300'"), testing::Not(HasSubstr("host names"))));
  EXPECT_THAT(refused_rules("online:80-10.0.0.30:8080"),
              AllOf(HasSubstr("the online address"), HasSubstr("'online'")));
}

TEST(Rules, Ipv6IsRefusedWithAWordOfItsOwn) {
  EXPECT_THAT(refused_rules("80-[::1]:8080"),
              AllOf(HasSubstr("the target address: '[::1]'"), HasSubstr("IPv6 is not supported")));
  EXPECT_THAT(refused_rules("[::1]:80-10.0.0.30:8080"), HasSubstr("IPv6 is not supported"));
}

TEST(Intercepts, AreAddressesWithOrWithoutPort) {
  const auto intercepts = parse_intercepts("10.0.0.40,10.0.0.41:1234,10.0.0.42", 36524);
  ASSERT_EQ(intercepts.size(), 3U);
  EXPECT_EQ(intercepts[0].to_string(), "10.0.0.40:36524");
  EXPECT_EQ(intercepts[1].to_string(), "10.0.0.41:1234");
  EXPECT_EQ(intercepts[2].to_string(), "10.0.0.42:36524");
}

TEST(Intercepts, ThirtyTwoAreAccepted) {
  std::string text = "10.0.0.1";
  for (int i = 2; i <= 32; ++i)
    text += ",10.0.0." + std::to_string(i);
  EXPECT_EQ(parse_intercepts(text, 36524).size(), 32U);
  EXPECT_THAT(refused_intercepts(text + ",10.0.0.33"),
              AllOf(HasSubstr("-s"), HasSubstr("33 intercepts"), HasSubstr("at most 32")));
}

TEST(Intercepts, WhatIsNoAddressIsRefused) {
  EXPECT_THAT(refused_intercepts(""), AllOf(HasSubstr("-s is empty"), HasSubstr("interceptIP")));
  EXPECT_THAT(refused_intercepts("10.0.0.40,"), HasSubstr("-s ''"));
  EXPECT_THAT(refused_intercepts("assistant"),
              AllOf(HasSubstr("-s 'assistant'"), HasSubstr("an IPv4 address such as 10.0.0.1")));
  EXPECT_THAT(refused_intercepts("[::1]:36524"), HasSubstr("IPv6 is not supported"));
  EXPECT_THAT(refused_intercepts("::1"), HasSubstr("IPv6 is not supported"));
}

TEST(Intercepts, PortsOutOfRangeAreRefused) {
  for (const char* port : {"0", "70000", "", "x"}) {
    EXPECT_THAT(refused_intercepts("10.0.0.40:" + std::string(port)),
                AllOf(HasSubstr("-s '10.0.0.40:"), HasSubstr("the port"),
                      HasSubstr(std::string("'") + port + "' is not a number from 1 to 65535")));
  }
}

TEST(ClientPool, ANetworkOfTwoHundredFiftyFour) {
  const auto pool = parse_client_pool("62.135.200.x", {});
  ASSERT_EQ(pool.size(), 254U);
  EXPECT_EQ(pool.front(), address("62.135.200.1"));
  EXPECT_EQ(pool.back(), address("62.135.200.254"));
}

TEST(ClientPool, APrefixStandsForItsHostAddresses) {
  const auto pool = parse_client_pool("10.1.2.77/29", {});
  ASSERT_EQ(pool.size(), 6U);
  EXPECT_EQ(pool.front(), address("10.1.2.73"));
  EXPECT_EQ(pool.back(), address("10.1.2.78"));
}

TEST(ClientPool, TheSmallestNetworksHaveNoBroadcast) {
  const auto two = parse_client_pool("10.1.2.3/31", {});
  EXPECT_EQ(two, (std::vector{address("10.1.2.2"), address("10.1.2.3")}));
  EXPECT_EQ(parse_client_pool("10.1.2.3/32", {}), std::vector{address("10.1.2.3")});
  EXPECT_EQ(parse_client_pool("10.1.2.3/30", {}).size(), 2U);
}

TEST(ClientPool, TheHighestAddressesEndThePool) {
  EXPECT_EQ(parse_client_pool("255.255.255.255", {}), std::vector{address("255.255.255.255")});
  EXPECT_EQ(parse_client_pool("255.255.255.254/31", {}).size(), 2U);
}

TEST(ClientPool, ListsAreJoined) {
  const auto pool = parse_client_pool("10.0.0.9,10.1.1.0/30,62.135.200.x", {});
  ASSERT_EQ(pool.size(), 1U + 2 + 254);
  EXPECT_EQ(pool[0], address("10.0.0.9"));
  EXPECT_EQ(pool[1], address("10.1.1.1"));
  EXPECT_EQ(pool[3], address("62.135.200.1"));
}

TEST(ClientPool, TargetsAreLeftOut) {
  const auto rules = parse_rules("80-62.135.200.7:8080,81-62.135.200.9:8080");
  const auto pool = parse_client_pool("62.135.200.x", rules);
  EXPECT_EQ(pool.size(), 252U);
  EXPECT_THAT(pool, testing::Not(testing::Contains(address("62.135.200.7"))));
  EXPECT_THAT(pool, testing::Not(testing::Contains(address("62.135.200.9"))));
}

TEST(ClientPool, MayBeAsLargeAs4096) {
  EXPECT_EQ(parse_client_pool("10.1.0.0/20", {}).size(), 4094U);
  EXPECT_EQ(parse_client_pool("10.1.0.0/20,10.0.0.1,10.0.0.2", {}).size(), 4096U);
}

TEST(ClientPool, MoreThan4096AreRefused) {
  for (const char* text : {"10.1.0.0/19", "10.1.0.0/16", "10.1.0.0/20,10.0.0.1,10.0.0.2,10.0.0.3",
                           "10.1.0.0/20,62.135.200.x"}) {
    EXPECT_THAT(refused_pool(text), AllOf(HasSubstr(std::string("-c '") + text + "'"),
                                          HasSubstr("more than 4096 addresses")));
  }
}

TEST(ClientPool, PrefixesOutOfRangeAreRefused) {
  for (const char* prefix : {"15", "0", "33", "", "x", "-1"}) {
    EXPECT_THAT(refused_pool("10.0.0.0/" + std::string(prefix)),
                AllOf(HasSubstr("-c '10.0.0.0/"), HasSubstr("the prefix"),
                      HasSubstr(std::string("'") + prefix + "' is not a number from")));
  }
}

TEST(ClientPool, WhatIsNoAddressIsRefused) {
  for (const char* text : {"x", "clients", "10.0.0", "10.0.x", "10.0.0.256", "10.0.0.1,", "/24"}) {
    EXPECT_THAT(refused_pool(text),
                AllOf(HasSubstr("-c '"), HasSubstr("an IPv4 address such as 10.0.0.1")))
        << text;
  }
}

TEST(ClientPool, NoAddressAtAllIsRefused) {
  EXPECT_THAT(refused_pool(""), HasSubstr("no address is left"));
  const auto rules = parse_rules("80-10.0.0.30:8080");
  EXPECT_THAT(refusal([&] { parse_client_pool("10.0.0.30", rules); }),
              AllOf(HasSubstr("-c '10.0.0.30'"), HasSubstr("no address is left")));
}

}  // namespace
}  // namespace tcpcopy::options
