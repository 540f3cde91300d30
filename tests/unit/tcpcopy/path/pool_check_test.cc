// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/path/pool_check.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpcopy::path {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Address address(const char* text) { return Address::parse_v4(text).value(); }

options::Options with_pool() {
  options::Options options;
  options.client_pool = {address("10.0.0.20"), address("10.0.0.40"), address("10.0.0.9")};
  return options;
}

TEST(PoolCheck, NobodyIsKnown) {
  options::Options options = with_pool();
  options.returns.intercepts = {{address("10.0.0.41"), 36524}};
  EXPECT_THAT(known_owners(options, {address("127.0.0.1"), address("10.0.0.21")}), IsEmpty());
}

TEST(PoolCheck, AnAddressOfThisHost) {
  EXPECT_THAT(known_owners(with_pool(), {address("10.0.0.20")}),
              ElementsAre(AllOf(HasSubstr("-c contains 10.0.0.20, an address of this host"))));
}

TEST(PoolCheck, WhichIsAWayWithoutIntercept) {
  options::Options options = with_pool();
  options.returns.devices = {"eth0"};
  EXPECT_THAT(known_owners(options, {address("10.0.0.20")}), IsEmpty());
}

TEST(PoolCheck, TheAddressOfAnIntercept) {
  options::Options options = with_pool();
  options.returns.intercepts = {{address("10.0.0.40"), 36524}};
  EXPECT_THAT(known_owners(options, {}),
              ElementsAre(HasSubstr("-c contains 10.0.0.40, the address of an intercept")));
}

}  // namespace
}  // namespace tcpcopy::path
