// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/bytes.hh"

#include <gtest/gtest.h>

#include "tests/support/packet_bytes.hh"

namespace tcpcopy::net {
namespace {

using test::bytes;

TEST(NetworkBytes, TheFirstByteIsTheHighest) {
  const auto data = bytes({0x81, 0x02, 0xf3, 0x04});
  EXPECT_EQ(load_be16(data.data()), 0x8102);
  EXPECT_EQ(load_be32(data.data()), 0x8102f304);
}

TEST(NetworkBytes, StoresWhatItLoads) {
  test::ByteVector data(6);
  store_be16(&data[0], 0xfedc);
  store_be32(&data[2], 0x89abcdef);
  EXPECT_EQ(data, bytes({0xfe, 0xdc, 0x89, 0xab, 0xcd, 0xef}));
}

TEST(NetworkBytes, DoNotNeedAlignment) {
  const auto data = bytes({0, 0x12, 0x34, 0x56, 0x78});
  EXPECT_EQ(load_be16(&data[1]), 0x1234);
  EXPECT_EQ(load_be32(&data[1]), 0x12345678);
}

}  // namespace
}  // namespace tcpcopy::net
