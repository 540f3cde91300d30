// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/network.hh"

#include <gtest/gtest.h>

namespace tcpcopy::net {
namespace {

bool contains(const char* network, const char* address) {
  return Network::parse(network).value().contains(Address::parse_v4(address).value());
}

TEST(Network, HoldsTheAddressesOfItsPrefix) {
  EXPECT_TRUE(contains("10.1.2.0/24", "10.1.2.0"));
  EXPECT_TRUE(contains("10.1.2.0/24", "10.1.2.255"));
  EXPECT_FALSE(contains("10.1.2.0/24", "10.1.3.0"));
  EXPECT_FALSE(contains("10.1.2.0/24", "10.1.1.255"));
  EXPECT_TRUE(contains("128.0.0.0/1", "255.255.255.255"));
  EXPECT_FALSE(contains("128.0.0.0/1", "127.255.255.255"));
}

TEST(Network, OneAddressIsANetwork) {
  for (const char* text : {"10.1.2.3", "10.1.2.3/32"}) {
    EXPECT_TRUE(contains(text, "10.1.2.3"));
    EXPECT_FALSE(contains(text, "10.1.2.2"));
  }
}

TEST(Network, PrefixZeroHoldsAll) {
  EXPECT_TRUE(contains("10.1.2.3/0", "0.0.0.0"));
  EXPECT_TRUE(contains("0.0.0.0/0", "255.255.255.255"));
}

TEST(Network, BitsBehindThePrefixAreIgnored) { EXPECT_TRUE(contains("10.1.2.3/16", "10.1.99.99")); }

TEST(Network, OtherTextsAreRefused) {
  for (const char* text : {"", "/", "/8", "10.1.2.3/", "10.1.2.3/33", "10.1.2.3/-1", "10.1.2.3/8x",
                           "10.1.2/8", "host/8", "::1/64", "10.1.2.3/8/8"}) {
    EXPECT_FALSE(Network::parse(text)) << text;
  }
}

TEST(Network, OfAllAddresses) {
  const auto of = [](std::initializer_list<const char*> texts) {
    std::vector<Address> addresses;
    for (const char* text : texts)
      addresses.push_back(Address::parse_v4(text).value());
    return network_of(addresses);
  };
  EXPECT_EQ(of({"62.135.200.1", "62.135.200.254"}), "62.135.200.0/24");
  EXPECT_EQ(of({"10.0.0.1"}), "10.0.0.1/32");
  EXPECT_EQ(of({"10.0.0.1", "10.0.0.2", "10.0.0.1"}), "10.0.0.0/30");
  EXPECT_EQ(of({"10.0.0.1", "200.0.0.1"}), "0.0.0.0/0");
}

}  // namespace
}  // namespace tcpcopy::net
