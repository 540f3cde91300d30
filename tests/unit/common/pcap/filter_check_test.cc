// SPDX-License-Identifier: BSD-3-Clause
#include "common/pcap/filter_check.hh"

#include <gtest/gtest.h>

#include "tests/support/packet_bytes.hh"

namespace tcpcopy::pcap {
namespace {

TEST(FilterCheck, SaysWhatAFilterWouldDo) {
  const test::ByteVector packet = test::packet_bytes({});
  EXPECT_EQ(FilterCheck("tcp").takes(packet), true);
  EXPECT_EQ(FilterCheck("udp").takes(packet), false);
  EXPECT_EQ(FilterCheck("").takes(packet), true) << "it takes all";
}

TEST(FilterCheck, WhatDependsOnTheDeviceIsNotKnown) {
  const test::ByteVector packet = test::packet_bytes({});
  EXPECT_FALSE(FilterCheck("ether host 02:00:00:00:00:01").takes(packet));
  EXPECT_FALSE(FilterCheck("no such words").takes(packet));
}

TEST(FilterCheck, APacketThatIsCutShortIsNotRead) {
  EXPECT_EQ(FilterCheck("tcp and src port 80").takes({}), false);
}

}  // namespace
}  // namespace tcpcopy::pcap
