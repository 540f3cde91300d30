// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/ipv4_header.hh"

#include <gtest/gtest.h>

#include <array>

#include "common/net/bytes.hh"
#include "common/net/checksum.hh"
#include "common/net/packet_parser.hh"

namespace tcpcopy::net {
namespace {

constexpr Ipv4Fields kFields{Address::v4(0x0a4d000a), Address::v4(0x0a4d001e), kProtocolTcp, 0x1234,
                             kDontFragment};
using Header = std::array<std::byte, kIpv4HeaderSize>;

std::uint16_t checksum_of(const Header& header) {
  Checksum checksum;
  checksum.add(header);
  return checksum.value();
}

TEST(Ipv4Header, SaysWhatItWasTold) {
  Header header{};
  write_ipv4_header(kFields, 20, header);
  const auto parsed = parse_ipv4_header(header);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed.value.source, kFields.source);
  EXPECT_EQ(parsed.value.destination, kFields.destination);
  EXPECT_EQ(parsed.value.total_length, 20U);
  EXPECT_EQ(parsed.value.header_length, kIpv4HeaderSize);
  EXPECT_EQ(load_be16(&header[4]), 0x1234);
  EXPECT_EQ(load_be16(&header[6]), kDontFragment);
  EXPECT_EQ(checksum_of(header), 0U);
}

TEST(Ipv4Header, TakesAnotherLength) {
  Header header{};
  write_ipv4_header(kFields, 20, header);
  finish_ipv4_header(1500, header);
  EXPECT_EQ(load_be16(&header[2]), 1500);
  EXPECT_EQ(checksum_of(header), 0U);
}

}  // namespace
}  // namespace tcpcopy::net
