// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/source_addresses.hh"

#include <gtest/gtest.h>

namespace tcpcopy::session {
namespace {

const Address kClient = Address::v4(0xc0a80001);
const Address kOther = Address::v4(0xc0a80002);
const Address kLoopback = Address::v4(0x7f000001);
const std::vector<Address> kPool{Address::v4(0x0b000001), Address::v4(0x0b000002)};

TEST(SourceAddresses, ClientsKeepTheirsWithoutAPool) {
  SourceAddresses addresses;
  EXPECT_EQ(addresses.map(kClient), kClient);
  EXPECT_EQ(addresses.map(kLoopback), kLoopback);
}

TEST(SourceAddresses, ClientsTakeThePoolInTurnAndKeepWhatTheyGot) {
  SourceAddresses addresses(kPool, std::nullopt);
  EXPECT_EQ(addresses.map(kOther), kPool[0]);
  EXPECT_EQ(addresses.map(kClient), kPool[1]);
  EXPECT_EQ(addresses.map(kOther), kPool[0]);
}

TEST(SourceAddresses, LoopbackClientBecomesAnother) {
  SourceAddresses addresses({}, kOther);
  EXPECT_EQ(addresses.map(kLoopback), kOther);
  EXPECT_EQ(addresses.map(kClient), kClient);
}

}  // namespace
}  // namespace tcpcopy::session
