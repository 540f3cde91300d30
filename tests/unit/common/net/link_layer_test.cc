// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/link_layer.hh"

#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <vector>

#include "tests/support/packet_bytes.hh"

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

/// Labels of MPLS, of which the last says so.
ByteVector labels(unsigned count) {
  ByteVector stack;
  for (unsigned i = 1; i <= count; ++i)
    test::append(stack, bytes({0, i, i == count ? 1U : 0U, 64}));
  return stack;
}

ByteVector operator+(ByteVector front, const ByteVector& back) {
  test::append(front, back);
  return front;
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
  expect_strips(LinkType::kEthernet, ethernet(kIpv4, {kServiceVlan, kVlan}));
  expect_strips(LinkType::kEthernet, ethernet(kIpv4, {kVlan, kVlan}));
}

TEST(LinkLayer, TheMostHeadersOfACaptureOfHeadersAlone) {
  EXPECT_EQ(ethernet(kIpv4, std::vector<unsigned>(6, kVlan)).size(), kMaxLinkHeader);
}

TEST(LinkLayer, EveryTypeOfTag) {
  for (const unsigned tag : {0x8100U, 0x88a8U, 0x9100U, 0x9200U, 0x9300U}) {
    expect_strips(LinkType::kEthernet, ethernet(kIpv4, {tag}));
    expect_strips(LinkType::kEthernet, ethernet(kIpv4, {tag, kVlan}));
    expect_strips(LinkType::kEthernet, ethernet(kIpv4, {kServiceVlan, tag, kVlan}));
  }
}

// Ethernet's own header is one of those that are followed.
TEST(LinkLayer, TagsUpToTheBound) {
  for (int tags = 0; tags < kMaxLayers; ++tags) {
    expect_strips(LinkType::kEthernet,
                  ethernet(kIpv4, std::vector<unsigned>(static_cast<std::size_t>(tags), kVlan)));
  }
  expect_refuses(LinkType::kEthernet, ethernet(kIpv4, std::vector<unsigned>(kMaxLayers, kVlan)));
}

TEST(LinkLayer, LabelsUpToTheBound) {
  for (unsigned count = 1; count < kMaxLayers; ++count) {
    expect_strips(LinkType::kEthernet, ethernet(0x8847) + labels(count));
    expect_strips(LinkType::kMpls, labels(count));
  }
  expect_strips(LinkType::kEthernet, ethernet(0x8848, {kVlan}) + labels(2));
  expect_refuses(LinkType::kEthernet, ethernet(0x8847) + labels(kMaxLayers));
}

TEST(LinkLayer, EthernetBehindLabels) {
  expect_strips(LinkType::kMpls, labels(2) + bytes({0, 0, 0, 7}) + ethernet(kIpv4));
  expect_strips(LinkType::kMpls, labels(1) + bytes({0, 0, 0, 7}) + ethernet(kIpv4, {kVlan}));
  ByteVector frame = ethernet(kIpv4);
  frame[0] = std::byte{0xf2};  // an address that cannot be taken for a version or a control word
  expect_strips(LinkType::kMpls, labels(1) + frame);
}

TEST(LinkLayer, PppoeSessions) {
  const ByteVector session = bytes({0x11, 0, 0, 5, 0, 100});
  expect_strips(LinkType::kEthernet, ethernet(0x8864) + session + bytes({0, 0x21}));
  expect_strips(LinkType::kEthernet, ethernet(0x8864, {kVlan}) + session + bytes({0x21}));
  expect_strips(LinkType::kPppoe, session + bytes({0, 0x21}));
  expect_refuses(LinkType::kEthernet, ethernet(0x8864) + session + bytes({0xc0, 0x21}));
  expect_refuses(LinkType::kEthernet, ethernet(0x8864) + session + bytes({0, 0x57}));
  expect_refuses(LinkType::kEthernet,
                 ethernet(0x8864) + bytes({0x11, 0x09, 0, 5, 0, 100, 0, 0x21}));
}

TEST(LinkLayer, Ppp) {
  expect_strips(LinkType::kPpp, bytes({0xff, 3, 0, 0x21}));
  expect_strips(LinkType::kPpp, bytes({0xff, 3, 0x21}));
  expect_strips(LinkType::kPpp, bytes({0, 0x21}));
  expect_strips(LinkType::kPpp, bytes({0xff, 3, 2, 0x81}) + labels(2));
  expect_strips(LinkType::kPpp, bytes({0x0f, 0, 8, 0}));
  expect_strips(LinkType::kPppWithDirection, bytes({1, 0xff, 3, 0, 0x21}));
  expect_strips(LinkType::kPppd, bytes({0, 3, 0, 0x21}));
  expect_strips(LinkType::kCiscoHdlc, bytes({0x0f, 0, 8, 0}));
  expect_strips(LinkType::kCiscoHdlcWithDirection, bytes({0, 0x8f, 0, 8, 0}));
  expect_refuses(LinkType::kPpp, bytes({0xff, 3, 0, 0xfd}));
}

TEST(LinkLayer, LlcWithSnap) {
  expect_strips(LinkType::kEthernet, ethernet(100) + bytes({0xaa, 0xaa, 3, 0, 0, 0, 8, 0}));
  expect_refuses(LinkType::kEthernet, ethernet(100) + bytes({0x42, 0x42, 3, 0, 0, 0, 8, 0}));
  expect_refuses(LinkType::kEthernet, ethernet(100) + bytes({0xaa, 0xaa, 3, 0, 0, 12, 8, 0}));
}

TEST(LinkLayer, EncryptedAndNetfilterLog) {
  expect_strips(LinkType::kEncrypted, ByteVector(12));
  // Of two attributes the second is the packet; the first is padded.
  expect_strips(LinkType::kNflog, bytes({2, 0, 0, 0, 5, 0, 10, 0, 'x', 0, 0, 0, 44, 0, 9, 0}));
  expect_refuses(LinkType::kNflog, bytes({2, 0, 0, 0, 3, 0, 10, 0}));
}

TEST(LinkLayer, OtherProtocolsAreRefused) {
  for (const unsigned protocol : {kArp, kIpv6, 0x88ccU, 0x88e5U, 40U}) {
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
  ByteVector ipv6 = kPacket;
  ipv6[0] = std::byte{0x60};
  EXPECT_TRUE(strip_link_layer(LinkType::kRaw, ipv6).empty());
  EXPECT_TRUE(strip_link_layer(LinkType::kRaw, {}).empty());
}

TEST(LinkLayer, KnowsTheNumbersOfLibpcap) {
  EXPECT_EQ(link_type(DLT_NULL), LinkType::kNull);
  EXPECT_EQ(link_type(DLT_EN10MB), LinkType::kEthernet);
  EXPECT_EQ(link_type(DLT_RAW), LinkType::kRaw);
  EXPECT_EQ(link_type(101), LinkType::kRaw);  // LINKTYPE_RAW, in files
  EXPECT_EQ(link_type(DLT_IPV4), LinkType::kRaw);
  EXPECT_EQ(link_type(DLT_IPV6), LinkType::kRaw);
  EXPECT_EQ(link_type(DLT_LOOP), LinkType::kNull);
  EXPECT_EQ(link_type(DLT_PPP), LinkType::kPpp);
  EXPECT_EQ(link_type(DLT_PPP_SERIAL), LinkType::kPpp);
  EXPECT_EQ(link_type(DLT_PPP_ETHER), LinkType::kPppoe);
  EXPECT_EQ(link_type(DLT_PPP_PPPD), LinkType::kPppd);
  EXPECT_EQ(link_type(DLT_PPP_WITH_DIR), LinkType::kPppWithDirection);
  EXPECT_EQ(link_type(DLT_C_HDLC), LinkType::kCiscoHdlc);
  EXPECT_EQ(link_type(DLT_C_HDLC_WITH_DIR), LinkType::kCiscoHdlcWithDirection);
  EXPECT_EQ(link_type(DLT_ENC), LinkType::kEncrypted);
  EXPECT_EQ(link_type(DLT_MPLS), LinkType::kMpls);
  EXPECT_EQ(link_type(DLT_NFLOG), LinkType::kNflog);
  EXPECT_EQ(link_type(DLT_LINUX_SLL), LinkType::kLinuxSll);
  EXPECT_EQ(link_type(DLT_LINUX_SLL2), LinkType::kLinuxSll2);
}

TEST(LinkLayer, OtherLinkTypesAreUnknown) {
  for (const int dlt : {-1, DLT_EN3MB, DLT_FDDI, DLT_IEEE802_11, DLT_IEEE802_11_RADIO, 9999}) {
    EXPECT_FALSE(link_type(dlt)) << dlt;
  }
}

}  // namespace
}  // namespace tcpcopy::net
