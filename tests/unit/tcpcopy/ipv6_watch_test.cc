// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/ipv6_watch.hh"

#include <gtest/gtest.h>

#include "common/runtime/packet_filter.hh"

namespace tcpcopy::replayer {
namespace {

TEST(Ipv6Watch, LooksForThePortsOfTheRules) {
  options::Options options;
  const Endpoint target{Address::v4(0x0a00001e), 8080};
  options.rules = {{std::nullopt, 80, target, {}, {}}, {std::nullopt, 81, target, {}, {}}};
  EXPECT_EQ(ipv6_filter(options), "ip6 and tcp and (dst port 80 or dst port 81)");
  EXPECT_NO_THROW(runtime::check_raw_filter("-x", ipv6_filter(options)));
  options.capture.udp = true;
  EXPECT_EQ(ipv6_filter(options), "ip6 and udp and (dst port 80 or dst port 81)");
}

}  // namespace
}  // namespace tcpcopy::replayer
