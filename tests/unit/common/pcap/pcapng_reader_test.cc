// SPDX-License-Identifier: BSD-3-Clause
#include "common/pcap/pcapng_reader.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/unit/common/pcap/pcapng_bytes.hh"

namespace tcpcopy::pcap {
namespace {

using namespace std::chrono_literals;
using test::bytes;
using test::ByteVector;
using test::operator+;
using test::PcapngBytes;

constexpr unsigned kEthernet = 1;
constexpr unsigned kRaw = 101;
constexpr std::uint64_t kMicros = 1'700'000'000'123'456;
const Duration kTime = 1'700'000'000s + 123'456us;

PcapngReader::Read reading(const ByteVector& file) {
  return [rest = Bytes(file)](std::span<std::byte> to) mutable {
    const std::size_t count = std::min(to.size(), rest.size());
    std::copy_n(rest.begin(), count, to.begin());
    rest = rest.subspan(count);
    return count;
  };
}

struct Read {
  std::vector<PcapngReader::Packet> packets;
  std::vector<ByteVector> frames;
  std::string damage;
};

Read read(const ByteVector& file) {
  PcapngReader reader(reading(file));
  Read all;
  while (const auto packet = reader.next()) {
    all.packets.push_back(*packet);
    all.frames.push_back(test::copy(packet->frame));
  }
  all.damage = reader.damage();
  EXPECT_FALSE(reader.next());
  return all;
}

class Pcapng : public testing::TestWithParam<bool> {
 protected:
  PcapngBytes file_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(ByteOrders, Pcapng, testing::Values(false, true));

TEST_P(Pcapng, InterfacesOfDifferentLinkTypesAndResolutions) {
  file_.interface(kRaw);
  file_.interface(kEthernet, file_.resolution(9));
  file_.interface(kRaw, file_.resolution(0x80 | 20));
  file_.enhanced(0, kMicros, bytes("abc"));
  file_.enhanced(1, kMicros * 1000 + 7, bytes("defgh"), 3);
  file_.enhanced(2, (kMicros / 1'000'000 << 20U) + (1U << 19U), bytes("ijkl"));
  const Read all = read(file_.file);
  EXPECT_EQ(all.damage, "");
  ASSERT_EQ(all.packets.size(), 3U);
  EXPECT_EQ(all.packets[0].link_type, kRaw);
  EXPECT_EQ(all.packets[0].time, kTime);
  EXPECT_EQ(all.packets[0].missing, 0U);
  EXPECT_EQ(all.frames[0], bytes("abc"));
  EXPECT_EQ(all.packets[1].link_type, kEthernet);
  EXPECT_EQ(all.packets[1].time, kTime + 7ns);
  EXPECT_EQ(all.packets[1].missing, 3U);
  EXPECT_EQ(all.frames[1], bytes("defgh"));
  EXPECT_EQ(all.packets[2].time, 1'700'000'000s + 500ms);
}

TEST_P(Pcapng, EveryResolutionTellsTheSameTime) {
  std::uint64_t units = 1;
  for (unsigned digits = 0; digits <= 19; ++digits, units *= 10) {
    PcapngBytes file(GetParam());
    file.interface(kRaw, file.resolution(digits));
    file.enhanced(0, units, bytes("x"));
    ASSERT_EQ(read(file.file).packets.size(), 1U) << digits;
    EXPECT_EQ(read(file.file).packets[0].time, 1s) << digits;
  }
  for (unsigned bits = 0; bits <= 63; ++bits) {
    PcapngBytes file(GetParam());
    file.interface(kRaw, file.resolution(0x80 | bits));
    file.enhanced(0, (std::uint64_t{1} << bits) + (std::uint64_t{1} << bits >> 2U), bytes("x"));
    ASSERT_EQ(read(file.file).packets.size(), 1U) << bits;
    EXPECT_EQ(read(file.file).packets[0].time, bits < 2 ? 1s : 1250ms) << bits;
  }
}

TEST_P(Pcapng, FinerResolutionsThanANumberHoldsAreRefused) {
  for (const unsigned value : {20U, 127U, 0x80U | 64U, 0xffU}) {
    PcapngBytes file(GetParam());
    file.interface(kRaw, file.resolution(value));
    EXPECT_NE(read(file.file).damage.find("time resolution"), std::string::npos) << value;
  }
}

TEST_P(Pcapng, AnOffsetOfTimeIsAdded) {
  file_.interface(kRaw, file_.offset(1'700'000'000));
  file_.interface(kRaw, file_.offset(static_cast<std::uint64_t>(-100)));
  file_.enhanced(0, 5, bytes("x"));
  file_.enhanced(1, kMicros, bytes("x"));
  file_.enhanced(1, 5, bytes("x"));
  file_.enhanced(0, ~std::uint64_t{0}, bytes("x"));
  const Read all = read(file_.file);
  ASSERT_EQ(all.packets.size(), 4U);
  EXPECT_EQ(all.packets[0].time, 1'700'000'000s + 5us);
  EXPECT_EQ(all.packets[1].time, kTime - 100s);
  EXPECT_LT(all.packets[2].time, 1s) << "never before 1970";
  EXPECT_LE(all.packets[3].time, 0x100000000 * 1s) << "nor later than pcap can tell";
}

TEST_P(Pcapng, AllKindsOfPacketBlocks) {
  file_.interface(kEthernet, {}, 4);
  file_.interface(kRaw);
  file_.old(1, kMicros, bytes("old"));
  file_.simple(bytes("simp"), 6);
  file_.simple(bytes("sm"), 2);
  file_.enhanced(1, kMicros + 1, {});
  const Read all = read(file_.file);
  EXPECT_EQ(all.damage, "");
  ASSERT_EQ(all.packets.size(), 4U);
  EXPECT_EQ(all.frames[0], bytes("old"));
  EXPECT_EQ(all.packets[0].link_type, kRaw);
  EXPECT_EQ(all.packets[0].time, kTime);
  EXPECT_EQ(all.frames[1], bytes("simp"));
  EXPECT_EQ(all.packets[1].link_type, kEthernet);
  EXPECT_EQ(all.packets[1].missing, 2U) << "the interface's snap length";
  EXPECT_EQ(all.packets[1].time, kTime) << "it has none of its own";
  EXPECT_EQ(all.frames[2], bytes("sm"));
  EXPECT_EQ(all.frames[3], ByteVector{});
}

TEST_P(Pcapng, OtherBlocksAreSteppedOver) {
  file_.block(0xbad, ByteVector(200'000));  // longer than is skipped at a time
  file_.interface(kRaw);
  file_.block(5, ByteVector(16));  // interface statistics
  file_.enhanced(0, kMicros, bytes("x"));
  file_.block(4, {});  // names
  const Read all = read(file_.file);
  EXPECT_EQ(all.damage, "");
  EXPECT_EQ(all.packets.size(), 1U);
}

TEST_P(Pcapng, AFurtherSectionHasItsOwnOrderAndInterfaces) {
  file_.interface(kRaw);
  file_.enhanced(0, kMicros, bytes("x"));
  PcapngBytes second(!GetParam());
  second.interface(kEthernet);
  second.enhanced(0, kMicros, bytes("y"));
  const Read all = read(file_.file + second.file);
  EXPECT_EQ(all.damage, "");
  ASSERT_EQ(all.packets.size(), 2U);
  EXPECT_EQ(all.packets[1].link_type, kEthernet);
  file_.section();
  file_.enhanced(0, kMicros, bytes("x"));
  EXPECT_NE(read(file_.file).damage.find("not described"), std::string::npos);
}

TEST_P(Pcapng, TheFirstLinkTypeIsToldBeforeAPacketIsRead) {
  file_.block(0xbad, {});
  file_.interface(kRaw);
  file_.enhanced(0, kMicros, bytes("x"));
  PcapngReader reader(reading(file_.file));
  EXPECT_EQ(reader.first_link_type(), kRaw);
  EXPECT_TRUE(reader.next());
  const ByteVector none = PcapngBytes(GetParam()).file;
  PcapngReader empty(reading(none));
  EXPECT_FALSE(empty.first_link_type());
  EXPECT_EQ(empty.damage(), "");
}

TEST_P(Pcapng, CutAnywhereItEndsThere) {
  file_.interface(kRaw, file_.resolution(9));
  const std::size_t whole = file_.file.size();
  file_.enhanced(0, kMicros, bytes("abc"));
  for (std::size_t size = 0; size < file_.file.size(); ++size) {
    const Read all = read({file_.file.begin(), file_.file.begin() + static_cast<int>(size)});
    EXPECT_TRUE(all.packets.empty()) << size;
    const bool between = size == whole || size == 28;
    EXPECT_EQ(all.damage.empty(), between) << size << " bytes: " << all.damage;
  }
}

TEST_P(Pcapng, DamageEndsItAndIsNamed) {
  const auto damage_of = [](const PcapngBytes& file) { return read(file.file).damage; };
  const auto spoiled = [&](auto spoil) {
    PcapngBytes file(GetParam());
    file.interface(kRaw);
    spoil(file);
    file.enhanced(0, kMicros, bytes("never read"));
    const Read all = read(file.file);
    EXPECT_TRUE(all.packets.empty());
    return all.damage;
  };
  const auto says = [](const std::string& damage, const std::string& what) {
    EXPECT_NE(damage.find(what), std::string::npos) << damage;
  };
  says(spoiled([](auto& f) { f.enhanced(1, 0, bytes("x")); }),
       "interface 1, which is not described");
  says(spoiled([](auto& f) { f.block(6, ByteVector(16)); }), "too short");
  says(spoiled([](auto& f) { f.block(2, ByteVector(16)); }), "too short");
  says(spoiled([](auto& f) { f.block(3, {}); }), "too short");
  says(spoiled([](auto& f) { f.block(1, ByteVector(4)); }), "too short");
  says(spoiled([](auto& f) { f.interface(kRaw, f.u16(9) + f.u16(5)); }), "beyond its block");
  says(spoiled([](auto& f) {
         f.block(6, f.u32(0) + f.u32(0) + f.u32(0) + f.u32(9) + f.u32(9) + ByteVector(8));
       }),
       "leads beyond its block");
  says(spoiled([](auto& f) { f.file = f.file + f.u32(6) + f.u32(11); }), "a length of 11");
  says(spoiled([](auto& f) { f.file = f.file + f.u32(6) + f.u32(34) + ByteVector(26); }),
       "a length of 34");
  says(spoiled([](auto& f) { f.file = f.file + f.u32(5) + f.u32(16) + ByteVector(4) + f.u32(20); }),
       "two lengths, 16 and 20");
  says(spoiled([](auto& f) { f.file = f.file + f.u32(6) + f.u32(0x01000010); }),
       "has 16777220 bytes");
  says(spoiled([](auto& f) { f.section(2); }), "version 2");
  says(spoiled([](auto& f) { f.file = f.file + f.u32(0x0a0d0d0a) + f.u32(28) + ByteVector(20); }),
       "byte order");
  PcapngBytes simple(GetParam());
  simple.simple(bytes("x"), 1);
  says(damage_of(simple), "not described");
  says(read(bytes({1, 0, 0, 0, 20, 0, 0, 0})).damage, "does not begin with a section");
  PcapngBytes crowd(GetParam());
  for (std::size_t i = 0; i <= PcapngReader::kMaxInterfaces; ++i)
    crowd.interface(kRaw);
  says(damage_of(crowd), "more than 4096 interfaces");
}

}  // namespace
}  // namespace tcpcopy::pcap
