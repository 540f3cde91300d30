// SPDX-License-Identifier: BSD-3-Clause
#include "common/wire/frame.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "common/net/bytes.hh"
#include "tests/support/packet_bytes.hh"

namespace tcpcopy::wire {
namespace {

using test::bytes;
using test::ByteVector;
using test::copy;

constexpr FrameMode kCombined{true, false};
constexpr FrameMode kSingle{false, false};
constexpr FrameMode kCombinedPayload{true, true};
constexpr FrameMode kSinglePayload{false, true};

/// The n-th record of a test: no two are alike.
ByteVector record(FrameMode mode, std::size_t n) {
  ByteVector result = test::pattern(mode.record_size());
  net::store_be32(result.data(), static_cast<std::uint32_t>(n + 1));
  return result;
}

std::vector<ByteVector> records(FrameMode mode, std::size_t count) {
  std::vector<ByteVector> result;
  for (std::size_t n = 0; n < count; ++n)
    result.push_back(record(mode, n));
  return result;
}

ByteVector encoded(FrameMode mode, std::size_t count, std::size_t max_records = 0) {
  FrameEncoder encoder(mode, max_records);
  for (const ByteVector& one : records(mode, count))
    encoder.add(test::headers_in(one));
  return copy(encoder.bytes());
}

/// What frames of these many records have to look like.
ByteVector by_hand(FrameMode mode, const std::vector<std::size_t>& counts) {
  ByteVector result;
  std::size_t n = 0;
  for (const std::size_t count : counts) {
    if (mode.combined) test::append16(result, static_cast<unsigned>(count));
    for (std::size_t i = 0; i < count; ++i)
      test::append(result, record(mode, n++));
  }
  return result;
}

/// Feeds pieces and copies what comes out.
class Reader {
 public:
  explicit Reader(FrameMode mode) : decoder_(mode) {}

  void feed(Bytes piece) {
    while (const auto record = decoder_.next(piece))
      records_.push_back(copy(*record));
    EXPECT_TRUE(piece.empty() || decoder_.bad_count());
  }
  const std::vector<ByteVector>& records() const { return records_; }
  std::optional<std::uint16_t> bad_count() const { return decoder_.bad_count(); }

 private:
  FrameDecoder decoder_;
  std::vector<ByteVector> records_;
};

TEST(FrameEncoder, CombinesUpToSixteenRecords) {
  EXPECT_EQ(encoded(kCombined, 1), by_hand(kCombined, {1}));
  EXPECT_EQ(encoded(kCombined, 16), by_hand(kCombined, {16}));
  EXPECT_EQ(encoded(kCombined, 17), by_hand(kCombined, {16, 1}));
  EXPECT_EQ(encoded(kCombined, 40), by_hand(kCombined, {16, 16, 8}));
}

TEST(FrameEncoder, WithoutCombiningThereIsNoCount) {
  EXPECT_EQ(encoded(kSingle, 3), by_hand(kSingle, {1, 1, 1}));
  EXPECT_EQ(encoded(kSingle, 3).size(), 192U);
  EXPECT_EQ(encoded(kSinglePayload, 2).size(), 384U);
}

TEST(FrameEncoder, WithPayloadThereIsRoomForSixRecords) {
  EXPECT_EQ(encoded(kCombinedPayload, 6), by_hand(kCombinedPayload, {6}));
  EXPECT_EQ(encoded(kCombinedPayload, 13), by_hand(kCombinedPayload, {6, 6, 1}));
}

TEST(FrameEncoder, KeepsToASmallerMaximum) {
  EXPECT_EQ(encoded(kCombined, 5, 2), by_hand(kCombined, {2, 2, 1}));
  EXPECT_EQ(encoded(kCombined, 2, 1), by_hand(kCombined, {1, 1}));
}

TEST(FrameEncoder, AMaximumAboveTheModesIsTheModes) {
  EXPECT_EQ(encoded(kCombined, 17, 100), by_hand(kCombined, {16, 1}));
  EXPECT_EQ(encoded(kCombinedPayload, 7, 16), by_hand(kCombinedPayload, {6, 1}));
}

TEST(FrameEncoder, ClearBeginsANewFrame) {
  FrameEncoder encoder(kCombined);
  EXPECT_TRUE(encoder.empty());
  encoder.add(test::headers_in(record(kCombined, 7)));
  EXPECT_FALSE(encoder.empty());
  encoder.clear();
  EXPECT_TRUE(encoder.empty());
  EXPECT_TRUE(encoder.bytes().empty());
  encoder.add(test::headers_in(record(kCombined, 0)));
  encoder.add(test::headers_in(record(kCombined, 1)));
  EXPECT_EQ(copy(encoder.bytes()), by_hand(kCombined, {2}));
}

TEST(FrameEncoder, APacketBecomesItsRecord) {
  const auto packet = test::packet_bytes({.payload = bytes("abc")});
  const auto parsed = net::parse_tcp_packet(packet, net::Extent::kWhole);
  ASSERT_TRUE(parsed);
  for (const FrameMode mode : {kCombined, kSingle, kCombinedPayload, kSinglePayload}) {
    ByteVector one(mode.record_size());
    encode_response(headers_of(parsed.value), one);
    FrameEncoder by_packet(mode);
    FrameEncoder by_record(mode);
    by_packet.add(headers_of(parsed.value));
    by_record.add(test::headers_in(one));
    EXPECT_EQ(copy(by_packet.bytes()), copy(by_record.bytes()));
  }
}

class FrameDecoderIn : public testing::TestWithParam<FrameMode> {};

TEST_P(FrameDecoderIn, TakesTwoFramesInEverySplit) {
  const FrameMode mode = GetParam();
  const auto expected = records(mode, 3);
  const ByteVector stream = by_hand(mode, {2, 1});
  for (std::size_t split = 0; split <= stream.size(); ++split) {
    Reader reader(mode);
    reader.feed(Bytes(stream).first(split));
    reader.feed(Bytes(stream).subspan(split));
    EXPECT_EQ(reader.records(), expected) << "split at " << split;
    EXPECT_FALSE(reader.bad_count());
  }
}

TEST_P(FrameDecoderIn, TakesPiecesOfEverySize) {
  const FrameMode mode = GetParam();
  const auto expected = records(mode, 10);
  const ByteVector stream = by_hand(mode, {1, 6, 3});
  for (std::size_t size = 1; size <= stream.size(); ++size) {
    Reader reader(mode);
    for (Bytes rest(stream); !rest.empty();) {
      const Bytes piece = rest.first(std::min(size, rest.size()));
      reader.feed(piece);
      rest = rest.subspan(piece.size());
    }
    EXPECT_EQ(reader.records(), expected) << "pieces of " << size;
  }
}

TEST_P(FrameDecoderIn, TakesNothingOutOfNothing) {
  Reader reader(GetParam());
  reader.feed({});
  EXPECT_TRUE(reader.records().empty());
}

TEST_P(FrameDecoderIn, GivesNoRecordBeforeItIsWhole) {
  const FrameMode mode = GetParam();
  const ByteVector stream = by_hand(mode, {1});
  Reader reader(mode);
  reader.feed(Bytes(stream).first(stream.size() - 1));
  EXPECT_TRUE(reader.records().empty());
  reader.feed(Bytes(stream).last(1));
  EXPECT_EQ(reader.records(), records(mode, 1));
}

TEST_P(FrameDecoderIn, TakesWhatTheEncoderMakes) {
  const FrameMode mode = GetParam();
  for (const std::size_t count : {1U, 5U, 6U, 7U, 16U, 17U, 100U}) {
    Reader reader(mode);
    reader.feed(encoded(mode, count));
    EXPECT_EQ(reader.records(), records(mode, count));
  }
}

INSTANTIATE_TEST_SUITE_P(EveryMode, FrameDecoderIn,
                         testing::Values(kCombined, kSingle, kCombinedPayload, kSinglePayload));

TEST(FrameDecoder, RefusesCountsOutOfRange) {
  for (const unsigned count : {0U, 17U, 256U, 65535U}) {
    Reader reader(kCombined);
    ByteVector stream = by_hand(kCombined, {1});
    test::append16(stream, count);
    test::append(stream, by_hand(kCombined, {1}));
    reader.feed(stream);
    EXPECT_EQ(reader.records().size(), 1U);  // what came before is good
    EXPECT_EQ(reader.bad_count(), count);
  }
}

TEST(FrameDecoder, WithPayloadSevenRecordsAreTooMany) {
  for (const unsigned count : {0U, 7U, 16U, 65535U}) {
    Reader reader(kCombinedPayload);
    ByteVector stream;
    test::append16(stream, count);
    reader.feed(stream);
    EXPECT_EQ(reader.bad_count(), count);
  }
}

TEST(FrameDecoder, TakesTheLargestCounts) {
  Reader reader(kCombined);
  reader.feed(by_hand(kCombined, {16, 16}));
  EXPECT_EQ(reader.records().size(), 32U);
  EXPECT_FALSE(reader.bad_count());
}

TEST(FrameDecoder, RefusesABadCountThatComesInTwoPieces) {
  Reader reader(kCombined);
  reader.feed(bytes({0}));
  EXPECT_FALSE(reader.bad_count());
  reader.feed(bytes({17}));
  EXPECT_EQ(reader.bad_count(), 17);
}

TEST(FrameDecoder, ReadsNothingAfterAFailure) {
  Reader reader(kCombined);
  reader.feed(bytes({0, 0}));
  ASSERT_EQ(reader.bad_count(), 0);
  reader.feed(by_hand(kCombined, {2}));
  EXPECT_TRUE(reader.records().empty());
  EXPECT_EQ(reader.bad_count(), 0);
}

TEST(FrameDecoder, WholeRecordsAreNotCopied) {
  const ByteVector stream = by_hand(kCombined, {2});
  FrameDecoder decoder(kCombined);
  Bytes input(stream);
  const auto first = decoder.next(input);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->data(), &stream[2]);
  EXPECT_EQ(input.size(), 64U);  // at most one record at a time
}

}  // namespace
}  // namespace tcpcopy::wire
