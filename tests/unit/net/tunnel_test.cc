// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/tunnel.hh"

#include <gtest/gtest.h>

#include "tests/unit/packet_bytes.hh"

namespace tcpcopy::net {
namespace {

using test::append;
using test::append16;
using test::append32;
using test::bytes;
using test::ByteVector;
using test::copy;

constexpr unsigned kUdp = 17;
constexpr unsigned kGre = 47;
constexpr unsigned kIpip = 4;

ByteVector client_packet() {
  test::PacketFields fields;
  fields.payload = test::pattern(20);
  return test::packet_bytes(fields);
}

ByteVector ipv4(unsigned protocol, const ByteVector& payload, unsigned fragment = 0) {
  ByteVector packet = bytes({0x45, 0});
  append16(packet, static_cast<unsigned>(20 + payload.size()));
  append16(packet, 7);
  append16(packet, fragment);
  append(packet, bytes({64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}));
  append(packet, payload);
  return packet;
}

ByteVector ethernet(const ByteVector& packet, unsigned type = 0x0800) {
  ByteVector frame = bytes({2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2});
  append16(frame, type);
  append(frame, packet);
  return frame;
}

ByteVector tagged(const ByteVector& packet) {
  ByteVector tag;
  append16(tag, 42);
  append16(tag, 0x0800);
  append(tag, packet);
  return ethernet(tag, 0x8100);
}

ByteVector vxlan(const ByteVector& frame, unsigned port = 4789, unsigned flags = 0x08) {
  ByteVector udp;
  append16(udp, 50000);
  append16(udp, port);
  append16(udp, static_cast<unsigned>(16 + frame.size()));
  append16(udp, 0);
  append(udp, bytes({flags, 0, 0, 0, 0, 0, 99, 0}));
  append(udp, frame);
  return ipv4(kUdp, udp);
}

ByteVector gre(unsigned flags, unsigned type, const ByteVector& payload) {
  ByteVector packet;
  append16(packet, flags);
  append16(packet, type);
  for (const unsigned field : {0x8000U, 0x2000U, 0x1000U}) {
    if ((flags & field) != 0) append32(packet, 0x01020304);
  }
  append(packet, payload);
  return ipv4(kGre, packet);
}

ByteVector with_header(std::size_t size, unsigned last, const ByteVector& frame) {
  ByteVector packet(size);
  packet.back() = static_cast<std::byte>(last);
  append(packet, frame);
  return packet;
}

TEST(Tunnel, OtherPacketsStayAsTheyAre) {
  const ByteVector packet = client_packet();
  EXPECT_EQ(copy(decapsulate(packet)), packet);
  ByteVector datagram;  // DNS
  append16(datagram, 5000);
  append16(datagram, 53);
  append32(datagram, 0);
  const ByteVector query = ipv4(kUdp, datagram);
  EXPECT_EQ(copy(decapsulate(query)), query);
  EXPECT_TRUE(decapsulate({}).empty());
  const ByteVector short_one = bytes({0x45, 0, 0});
  EXPECT_EQ(copy(decapsulate(short_one)), short_one);
}

TEST(Tunnel, EachKindIsTakenOff) {
  const ByteVector packet = client_packet();
  const ByteVector frame = ethernet(packet);
  EXPECT_EQ(copy(decapsulate(vxlan(frame))), packet);
  EXPECT_EQ(copy(decapsulate(vxlan(frame, 8472))), packet);
  EXPECT_EQ(copy(decapsulate(vxlan(tagged(packet)))), packet);
  EXPECT_EQ(copy(decapsulate(ipv4(kIpip, packet))), packet);
  EXPECT_EQ(copy(decapsulate(gre(0, 0x0800, packet))), packet);
  EXPECT_EQ(copy(decapsulate(gre(0xb000, 0x0800, packet))), packet) << "checksum, key, number";
  EXPECT_EQ(copy(decapsulate(gre(0x2000, 0x6558, frame))), packet) << "Ethernet";
  EXPECT_EQ(copy(decapsulate(gre(0, 0x88be, frame))), packet) << "ERSPAN I";
  EXPECT_EQ(copy(decapsulate(gre(0x1000, 0x88be, with_header(8, 0, frame)))), packet)
      << "ERSPAN II";
  EXPECT_EQ(copy(decapsulate(gre(0x1000, 0x22eb, with_header(12, 0, frame)))), packet)
      << "ERSPAN III";
  const ByteVector platform = with_header(12, 1, with_header(8, 0, frame));
  EXPECT_EQ(copy(decapsulate(gre(0x1000, 0x22eb, platform))), packet) << "ERSPAN III, longer";
}

TEST(Tunnel, TwoAreTakenOffAndNoMore) {
  const ByteVector packet = client_packet();
  const ByteVector once = ipv4(kIpip, packet);
  const ByteVector twice = vxlan(ethernet(once));
  EXPECT_EQ(copy(decapsulate(twice)), packet);
  EXPECT_EQ(copy(decapsulate(ipv4(kIpip, twice))), once);
}

TEST(Tunnel, ACutPacketInsideStaysCut) {
  ByteVector outer = vxlan(ethernet(client_packet()));
  outer.resize(outer.size() - 5);
  ByteVector packet = client_packet();
  packet.resize(packet.size() - 5);
  EXPECT_EQ(copy(decapsulate(outer)), packet);
}

TEST(Tunnel, WhatIsCutBeforeThePacketIsEmpty) {
  const ByteVector frame = ethernet(client_packet());
  for (const ByteVector& whole :
       {vxlan(frame), gre(0xb000, 0x88be, with_header(8, 0, frame)),
        gre(0x1000, 0x22eb, with_header(12, 1, with_header(8, 0, frame)))}) {
    const std::size_t headers = whole.size() - client_packet().size();
    for (std::size_t size = 28; size <= headers; ++size) {  // behind the outer IP and UDP headers
      EXPECT_TRUE(decapsulate(Bytes(whole).first(size)).empty()) << size;
    }
  }
  EXPECT_TRUE(decapsulate(ipv4(kIpip, {})).empty());
  EXPECT_TRUE(decapsulate(ipv4(kGre, bytes({0, 0, 8}))).empty());
}

TEST(Tunnel, MalformedOnesAreEmpty) {
  const ByteVector packet = client_packet();
  const ByteVector frame = ethernet(packet);
  EXPECT_TRUE(decapsulate(vxlan(frame, 4789, 0)).empty()) << "no network identifier";
  EXPECT_TRUE(decapsulate(vxlan(ethernet(packet, 0x0806))).empty()) << "ARP inside";
  EXPECT_TRUE(decapsulate(gre(0x4000, 0x0800, packet)).empty()) << "source routing";
  EXPECT_TRUE(decapsulate(gre(0x0001, 0x0800, packet)).empty()) << "version 1, PPTP";
  EXPECT_TRUE(decapsulate(gre(0, 0x86dd, packet)).empty()) << "IPv6 inside";
}

TEST(Tunnel, FragmentsAndBadHeadersAreLeftToTheParser) {
  const ByteVector packet = client_packet();
  const ByteVector fragment = ipv4(kIpip, packet, 0x2000);
  EXPECT_EQ(copy(decapsulate(fragment)), fragment);
  ByteVector bad = ipv4(kIpip, packet);
  bad[0] = std::byte{0x44};
  EXPECT_EQ(copy(decapsulate(bad)), bad);
}

}  // namespace
}  // namespace tcpcopy::net
