// SPDX-License-Identifier: BSD-3-Clause
#include "common/net/checksum.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/support/packet_bytes.hh"

namespace tcpcopy::net {
namespace {

using test::bytes;
using test::ByteVector;

// RFC 1071, 1, word by word: slow and plain.
std::uint16_t reference(Bytes data) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < data.size(); i += 2) {
    const auto high = std::to_integer<std::uint64_t>(data[i]);
    const auto low = i + 1 < data.size() ? std::to_integer<std::uint64_t>(data[i + 1]) : 0;
    sum += high * 256 + low;
  }
  while (sum > 0xffff)
    sum = sum % 0x10000 + sum / 0x10000;
  return static_cast<std::uint16_t>(0xffff - sum);
}

std::uint16_t checksum_of(Bytes data) {
  Checksum checksum;
  checksum.add(data);
  return checksum.value();
}

ByteVector random_bytes(std::size_t size, std::mt19937& random) {
  ByteVector data(size);
  std::generate(data.begin(), data.end(), [&] { return static_cast<std::byte>(random() & 0xffU); });
  return data;
}

TEST(Checksum, TheExampleOfRfc1071) {
  // Section 3: the sum of these bytes is ddf2.
  EXPECT_EQ(checksum_of(bytes({0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7})),
            static_cast<std::uint16_t>(~0xddf2U));
}

TEST(Checksum, OfNothingAndOfZeros) {
  EXPECT_EQ(Checksum().value(), 0xffff);
  EXPECT_EQ(checksum_of({}), 0xffff);
  EXPECT_EQ(checksum_of(ByteVector(100)), 0xffff);
}

TEST(Checksum, OfAllOnesIsZero) { EXPECT_EQ(checksum_of(ByteVector(20, std::byte{0xff})), 0); }

TEST(Checksum, AnOddByteIsTheHighHalfOfAWord) {
  EXPECT_EQ(checksum_of(bytes({0x12})), static_cast<std::uint16_t>(~0x1200U));
  EXPECT_EQ(checksum_of(bytes({0x12, 0x34, 0x56})), static_cast<std::uint16_t>(~0x6834U));
}

TEST(Checksum, OfAWellKnownIpv4Header) {
  const auto header = bytes({0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                             0x00, 0x00, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7});
  EXPECT_EQ(checksum_of(header), 0xb861);
}

TEST(Checksum, IsZeroOverBytesThatHoldIt) {
  const auto header = bytes({0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                             0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7});
  EXPECT_EQ(checksum_of(header), 0);
}

TEST(Checksum, EqualsTheReferenceForEveryLength) {
  std::mt19937 random(1071);
  for (std::size_t size = 0; size < 300; ++size) {
    const ByteVector data = random_bytes(size, random);
    EXPECT_EQ(checksum_of(data), reference(data)) << size << " bytes";
  }
}

TEST(Checksum, EqualsTheReferenceForLargePackets) {
  std::mt19937 random(1);
  for (const std::size_t size : {1460U, 9000U, 65534U, 65535U}) {
    const ByteVector data = random_bytes(size, random);
    EXPECT_EQ(checksum_of(data), reference(data)) << size << " bytes";
    const ByteVector ones(size, std::byte{0xff});  // a carry in every step
    EXPECT_EQ(checksum_of(ones), reference(ones)) << size << " bytes";
  }
}

TEST(Checksum, DoesNotDependOnWhereTheDataIsCut) {
  std::mt19937 random(2);
  const ByteVector data = random_bytes(41, random);
  for (std::size_t first = 0; first <= data.size(); ++first) {
    for (std::size_t second = first; second <= data.size(); ++second) {
      Checksum checksum;
      checksum.add(Bytes(data).first(first));
      checksum.add(Bytes(data).subspan(first, second - first));
      checksum.add(Bytes(data).subspan(second));
      EXPECT_EQ(checksum.value(), reference(data)) << "cut at " << first << " and " << second;
    }
  }
}

TEST(Checksum, EqualsTheReferenceOverRandomPieces) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    ByteVector all;
    Checksum checksum;
    for (int pieces = 0; pieces < 8; ++pieces) {
      const ByteVector piece = random_bytes(random() % 40, random);
      test::append(all, piece);
      checksum.add(piece);
    }
    EXPECT_EQ(checksum.value(), reference(all)) << "round " << round;
  }
}

TEST(Checksum, DoesNotDependOnAlignment) {
  std::mt19937 random(4);
  const ByteVector data = random_bytes(80, random);
  for (std::size_t at = 0; at < 16; ++at) {
    EXPECT_EQ(checksum_of(Bytes(data).subspan(at, 61)), reference(Bytes(data).subspan(at, 61)));
  }
}

TEST(Checksum, AWordCountsLikeItsTwoBytes) {
  Checksum by_word;
  by_word.add_word(0xabcd);
  by_word.add(bytes({0x12, 0x34, 0x56}));
  EXPECT_EQ(by_word.value(), checksum_of(bytes({0xab, 0xcd, 0x12, 0x34, 0x56})));
}

TEST(Checksum, ThePseudoHeaderIsAddressesProtocolAndLength) {
  const ByteVector packet = test::packet_bytes({});
  const Checksum pseudo = pseudo_header_v4(Bytes(packet).first(20), 6, 20);
  ByteVector expected = test::copy(Bytes(packet).subspan(12, 8));
  test::append(expected, bytes({0, 6, 0, 20}));
  EXPECT_EQ(pseudo.value(), reference(expected));
}

}  // namespace
}  // namespace tcpcopy::net
