// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/tunnel.hh"

#include <gtest/gtest.h>

#include "tests/support/packet_bytes.hh"

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

/// A packet without a link layer, out of its tunnels.
Bytes decapsulate(Bytes packet) { return net::decapsulate(LinkType::kRaw, packet).bytes; }

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

ByteVector datagram(unsigned port, const ByteVector& payload) {
  ByteVector udp;
  append16(udp, 50000);
  append16(udp, port);
  append16(udp, static_cast<unsigned>(8 + payload.size()));
  append16(udp, 0);
  append(udp, payload);
  return ipv4(kUdp, udp);
}

ByteVector geneve(unsigned type, const ByteVector& payload, unsigned option_words = 0) {
  ByteVector header = bytes({option_words, 0});
  append16(header, type);
  append(header, bytes({0, 0, 99, 0}));
  header.resize(8 + std::size_t{4} * option_words, std::byte{0x11});
  append(header, payload);
  return datagram(6081, header);
}

/// @param more sequence number, N-PDU number and what follows, when flags say that they are there.
ByteVector gtp(unsigned flags, const ByteVector& more, const ByteVector& payload) {
  ByteVector header = bytes({flags, 255, 0, 0, 0, 0, 0, 1});
  append(header, more);
  append(header, payload);
  return datagram(2152, header);
}

ByteVector ipv6(unsigned next, const ByteVector& payload) {
  ByteVector packet = bytes({0x60, 0, 0, 0, 0, 0, next, 64});
  packet.resize(40);
  append(packet, payload);
  return packet;
}

ByteVector payload_of(const ByteVector& ipv4_packet) {
  return {ipv4_packet.begin() + 20, ipv4_packet.end()};
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
  const ByteVector query = datagram(53, ByteVector(4));  // DNS
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

TEST(Tunnel, Geneve) {
  const ByteVector packet = client_packet();
  EXPECT_EQ(copy(decapsulate(geneve(0x6558, ethernet(packet)))), packet);
  EXPECT_EQ(copy(decapsulate(geneve(0x0800, packet))), packet);
  for (unsigned words = 0; words < 64; ++words)
    EXPECT_EQ(copy(decapsulate(geneve(0x6558, tagged(packet), words))), packet) << words;
  EXPECT_TRUE(decapsulate(geneve(0x0800, packet, 64)).empty()) << "version 1";
}

TEST(Tunnel, GtpUser) {
  const ByteVector packet = client_packet();
  EXPECT_EQ(copy(decapsulate(gtp(0x30, {}, packet))), packet);
  EXPECT_EQ(copy(decapsulate(gtp(0x32, bytes({0, 1, 0, 0}), packet))), packet);
  EXPECT_EQ(copy(decapsulate(gtp(0x34, bytes({0, 0, 0, 0x85, 1, 0, 9, 0}), packet))), packet);
  EXPECT_EQ(copy(decapsulate(
                gtp(0x34, bytes({0, 0, 0, 0x85, 1, 0, 9, 0x85, 2, 1, 2, 3, 4, 5, 6, 0}), packet))),
            packet);
  EXPECT_TRUE(decapsulate(gtp(0x34, bytes({0, 0, 0, 0x85, 0, 0, 9, 0}), packet)).empty());
  EXPECT_TRUE(decapsulate(gtp(0x50, {}, packet)).empty()) << "version 2";
  ByteVector echo = gtp(0x30, {}, packet);
  echo[29] = std::byte{1};
  EXPECT_TRUE(decapsulate(echo).empty()) << "an echo request";
}

TEST(Tunnel, VxlanThatNamesItsProtocolAndMplsInUdp) {
  const ByteVector packet = client_packet();
  const auto gpe = [&](unsigned flags, unsigned next, const ByteVector& inside) {
    ByteVector header = bytes({flags, 0, 0, next, 0, 0, 99, 0});
    append(header, inside);
    return datagram(4790, header);
  };
  EXPECT_EQ(copy(decapsulate(gpe(0x0c, 1, packet))), packet);
  EXPECT_EQ(copy(decapsulate(gpe(0x0c, 3, ethernet(packet)))), packet);
  EXPECT_EQ(copy(decapsulate(gpe(0x08, 0, ethernet(packet)))), packet);
  EXPECT_TRUE(decapsulate(gpe(0x0c, 4, packet)).empty());
  ByteVector labelled = bytes({0, 1, 1, 64});
  append(labelled, packet);
  EXPECT_EQ(copy(decapsulate(datagram(6635, labelled))), packet);
  EXPECT_EQ(copy(decapsulate(ipv4(137, labelled))), packet);
}

TEST(Tunnel, OverIpv6) {
  const ByteVector packet = client_packet();
  EXPECT_EQ(copy(decapsulate(ipv6(kIpip, packet))), packet);
  EXPECT_EQ(copy(decapsulate(ipv6(kUdp, payload_of(vxlan(ethernet(packet)))))), packet);
  EXPECT_EQ(copy(decapsulate(ipv6(kGre, payload_of(gre(0, 0x0800, packet))))), packet);
  ByteVector options = bytes({kIpip, 0, 1, 4, 0, 0, 0, 0});  // for the destination
  append(options, packet);
  EXPECT_EQ(copy(decapsulate(ipv6(60, options))), packet);
}

TEST(Tunnel, Ipv6ItselfIsToldOf) {
  const ByteVector tcp = ipv6(6, payload_of(client_packet()));
  for (const ByteVector& packet :
       {tcp, ipv4(41, tcp), vxlan(ethernet(tcp, 0x86dd)), gre(0, 0x86dd, tcp)}) {
    const auto found = net::decapsulate(LinkType::kRaw, packet);
    EXPECT_TRUE(found.bytes.empty());
    EXPECT_EQ(found.error, ParseError::kIpv6);
  }
}

// A tunnel is one header, and Ethernet inside of it another.
TEST(Tunnel, OneInTheOtherUpToTheBound) {
  const ByteVector packet = client_packet();
  ByteVector once = packet;
  ByteVector mixed = packet;
  for (int depth = 1; depth <= kMaxLayers; ++depth) {
    once = ipv4(kIpip, once);
    EXPECT_EQ(copy(decapsulate(once)), packet) << depth;
    if (depth > kMaxLayers / 2) continue;
    mixed = depth % 2 == 0 ? vxlan(ethernet(mixed)) : geneve(0x6558, ethernet(mixed));
    EXPECT_EQ(copy(decapsulate(mixed)), packet) << depth;
  }
  const auto deep = net::decapsulate(LinkType::kRaw, ipv4(kIpip, once));
  EXPECT_TRUE(deep.bytes.empty());
  EXPECT_EQ(deep.error, ParseError::kTooDeep);
}

TEST(Tunnel, WhatIsMissingIsToldOf) {
  const auto found = net::decapsulate(LinkType::kRaw, ipv4(kIpip, client_packet()), 77);
  EXPECT_EQ(found.missing, 77U);
}

TEST(Tunnel, WhyThereIsNoPacketIsToldOf) {
  const auto error = [](const ByteVector& frame) {
    return net::decapsulate(LinkType::kEthernet, frame).error;
  };
  EXPECT_EQ(error(ethernet({}, 0x0806)), ParseError::kNotIp);
  EXPECT_EQ(error(ethernet({}, 0x88e5)), ParseError::kUnknownProtocol);
  EXPECT_EQ(error(ethernet({}, 0x0800)), ParseError::kTruncated);
  EXPECT_EQ(error(ByteVector(5)), ParseError::kTruncated);
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
