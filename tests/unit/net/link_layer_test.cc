// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/link_layer.hh"

#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <vector>

#include "tests/unit/packet_bytes.hh"

namespace tcpcopy::net {
namespace {

using test::bytes;
using test::ByteVector;
using test::copy;

constexpr unsigned kIpv4 = 0x0800;
constexpr unsigned kIpv6 = 0x86dd;
constexpr unsigned kArp = 0x0806;
constexpr unsigned kVlan = 0x8100;
constexpr unsigned kServiceVlan = 0x88a8;

const ByteVector kPacket = test::packet_bytes({.payload = bytes("payload")});

/// Tags are pairs of EtherType and tag control information behind the addresses.
ByteVector ethernet(unsigned ether_type, const std::vector<unsigned>& tags = {}) {
  ByteVector frame = test::pattern(12);
  for (const unsigned tag : tags) {
    test::append16(frame, tag);
    test::append16(frame, 0x2064);  // priority 1, VLAN 100
  }
  test::append16(frame, ether_type);
  return frame;
}

ByteVector sll(unsigned protocol) {
  ByteVector frame = bytes({0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0});
  test::append16(frame, protocol);
  return frame;
}

ByteVector sll2(unsigned protocol) {
  ByteVector frame;
  test::append16(frame, protocol);
  test::append(frame, bytes({0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0}));
  return frame;
}

ByteVector followed_by_packet(ByteVector header) {
  test::append(header, kPacket);
  return header;
}

/// The packet is found behind the header, and no cut of the frame leads beyond its end.
void expect_strips(LinkType type, const ByteVector& header) {
  const ByteVector frame = followed_by_packet(header);
  EXPECT_EQ(copy(strip_link_layer(type, frame)), kPacket);
  for (std::size_t size = 0; size <= header.size(); ++size) {
    const ByteVector cut(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_TRUE(strip_link_layer(type, cut).empty()) << size << " bytes";
  }
  const ByteVector one_byte(frame.begin(),
                            frame.begin() + static_cast<std::ptrdiff_t>(header.size() + 1));
  EXPECT_EQ(copy(strip_link_layer(type, one_byte)), bytes({0x45}));
}

void expect_refuses(LinkType type, const ByteVector& header) {
  EXPECT_TRUE(strip_link_layer(type, followed_by_packet(header)).empty());
}

TEST(LinkLayer, Ethernet) { expect_strips(LinkType::kEthernet, ethernet(kIpv4)); }

TEST(LinkLayer, EthernetWithAVlanTag) {
  expect_strips(LinkType::kEthernet, ethernet(kIpv4, {kVlan}));
}

TEST(LinkLayer, EthernetWithTwoTags) {
  const ByteVector header = ethernet(kIpv4, {kServiceVlan, kVlan});
  EXPECT_EQ(header.size(), kMaxLinkHeader);
  expect_strips(LinkType::kEthernet, header);
  expect_strips(LinkType::kEthernet, ethernet(kIpv4, {kVlan, kVlan}));
}

TEST(LinkLayer, ThreeTagsAreRefused) {
  expect_refuses(LinkType::kEthernet, ethernet(kIpv4, {kServiceVlan, kVlan, kVlan}));
}

TEST(LinkLayer, OtherProtocolsAreRefused) {
  for (const unsigned protocol : {kArp, kIpv6, 0x88ccU, 0x8864U, 40U}) {
    expect_refuses(LinkType::kEthernet, ethernet(protocol));
    expect_refuses(LinkType::kEthernet, ethernet(protocol, {kVlan}));
    expect_refuses(LinkType::kLinuxSll, sll(protocol));
    expect_refuses(LinkType::kLinuxSll2, sll2(protocol));
  }
}

TEST(LinkLayer, LinuxCookedCapture) { expect_strips(LinkType::kLinuxSll, sll(kIpv4)); }

TEST(LinkLayer, LinuxCookedCaptureVersion2) { expect_strips(LinkType::kLinuxSll2, sll2(kIpv4)); }

TEST(LinkLayer, LinuxCookedCaptureWithATag) {
  ByteVector header = sll(kVlan);
  test::append16(header, 0x2064);
  test::append16(header, kIpv4);
  expect_strips(LinkType::kLinuxSll, header);
}

TEST(LinkLayer, BsdLoopback) { expect_strips(LinkType::kNull, bytes({2, 0, 0, 0})); }

TEST(LinkLayer, RawFramesAreThePacket) {
  EXPECT_EQ(copy(strip_link_layer(LinkType::kRaw, kPacket)), kPacket);
  EXPECT_TRUE(strip_link_layer(LinkType::kRaw, {}).empty());
}

TEST(LinkLayer, KnowsTheNumbersOfLibpcap) {
  EXPECT_EQ(link_type(DLT_NULL), LinkType::kNull);
  EXPECT_EQ(link_type(DLT_EN10MB), LinkType::kEthernet);
  EXPECT_EQ(link_type(DLT_RAW), LinkType::kRaw);
  EXPECT_EQ(link_type(101), LinkType::kRaw);  // LINKTYPE_RAW, in files
  EXPECT_EQ(link_type(DLT_LINUX_SLL), LinkType::kLinuxSll);
  EXPECT_EQ(link_type(DLT_LINUX_SLL2), LinkType::kLinuxSll2);
}

TEST(LinkLayer, OtherLinkTypesAreUnknown) {
  for (const int dlt : {-1, DLT_EN3MB, DLT_PPP, DLT_IEEE802_11, DLT_IEEE802_11_RADIO, 9999}) {
    EXPECT_FALSE(link_type(dlt)) << dlt;
  }
}

}  // namespace
}  // namespace tcpcopy::net
