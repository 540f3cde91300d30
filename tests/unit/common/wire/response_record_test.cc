// SPDX-License-Identifier: BSD-3-Clause
#include "common/wire/response_record.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "common/net/bytes.hh"
#include "tests/support/packet_bytes.hh"

namespace tcpcopy::wire {
namespace {

using net::Extent;
using net::ParseError;
using test::bytes;
using test::ByteVector;
using test::copy;
using test::packet_bytes;
using test::PacketFields;
using test::pattern;

ByteVector encoded(const ByteVector& packet, std::size_t record_size = kHeaderRecordSize) {
  const auto parsed = net::parse_tcp_packet(packet, Extent::kHeaders);
  if (!parsed) throw std::invalid_argument("no record is made of a malformed packet");
  ByteVector record(record_size, std::byte{0xee});
  encode_response(headers_of(parsed.value), record);
  return record;
}

ByteVector encoded(const PacketFields& fields, std::size_t record_size = kHeaderRecordSize) {
  return encoded(packet_bytes(fields), record_size);
}

net::Parsed<Response> response_in(Bytes record) { return to_response(decode_record(record)); }

ByteVector nops(std::size_t size) { return ByteVector(size, std::byte{1}); }

ByteVector part(const ByteVector& record, std::size_t at, std::size_t size) {
  return copy(Bytes(record).subspan(at, size));
}

TEST(ResponseRecord, IsTheHeadersAndZeros) {
  const PacketFields fields{.tcp_options = bytes({1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}),
                            .payload = bytes("payload")};
  const ByteVector record = encoded(fields);
  EXPECT_EQ(part(record, 0, 52), part(packet_bytes(fields), 0, 52));
  EXPECT_EQ(part(record, 52, 12), ByteVector(12));
}

TEST(ResponseRecord, IpOptionsAreCutOff) {
  const PacketFields fields{.ip_options = bytes({7, 7, 4, 0}), .tcp_options = nops(4)};
  const ByteVector packet = packet_bytes(fields);
  const ByteVector record = encoded(fields);
  EXPECT_EQ(part(record, 0, 20), part(packet, 0, 20));
  EXPECT_EQ(part(record, 20, 24), part(packet, 24, 24));
  EXPECT_EQ(part(record, 44, 20), ByteVector(20));
}

TEST(ResponseRecord, TheTotalLengthAndTheHeaderLengthsStay) {
  const ByteVector record =
      encoded(PacketFields{.ip_options = nops(8), .tcp_options = nops(12), .payload = pattern(99)});
  EXPECT_EQ(record[0], std::byte{0x47});
  EXPECT_EQ(net::load_be16(&record[2]), 20 + 8 + 20 + 12 + 99);
  EXPECT_EQ(record[32], std::byte{0x80});
}

TEST(ResponseRecord, TwentyFourBytesOfOptionsAreKept) {
  const ByteVector options = bytes({1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2,    //
                                    1, 1, 5, 10, 0, 0, 0, 3, 0, 0, 0, 4});  //
  const ByteVector record = encoded(PacketFields{.tcp_options = options});
  EXPECT_EQ(part(record, 40, 24), options);
}

TEST(ResponseRecord, OptionsBeyondTwentyFourBytesAreCut) {
  ByteVector options = bytes({1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1, 5, 26});
  for (std::uint32_t edge = 1; edge <= 6; ++edge)
    test::append32(options, edge);
  ASSERT_EQ(options.size(), 40U);
  const ByteVector record = encoded(PacketFields{.tcp_options = options, .payload = pattern(10)});
  EXPECT_EQ(part(record, 40, 24), part(options, 0, 24));

  // The reader knows the real lengths, and what stands in front of the cut.
  const auto response = response_in(record);
  ASSERT_EQ(response.error, ParseError::kNone);
  EXPECT_EQ(response.value.payload_length, 10U);
  EXPECT_EQ(response.value.options.timestamps, (TcpOptions::Timestamps{1, 2}));
  EXPECT_EQ(response.value.sack_count, 0);
}

TEST(ResponseRecord, DecodesToTheResponse) {
  const PacketFields fields{.seq = 0xfffffff0,
                            .ack = 0x80000000,
                            .flags = TcpFlags::kSyn | TcpFlags::kAck,
                            .window = 65160,
                            .tcp_options = bytes({2, 4, 0x05, 0xb4, 1, 3, 3, 9, 4, 2, 1, 1})};
  const auto response = response_in(encoded(fields));
  ASSERT_EQ(response.error, ParseError::kNone);
  EXPECT_EQ(response.value.source, fields.source);
  EXPECT_EQ(response.value.destination, fields.destination);
  EXPECT_EQ(response.value.seq, Seq<space::Target>(0xfffffff0));
  EXPECT_EQ(response.value.ack, Seq<space::Replay>(0x80000000));
  EXPECT_TRUE(response.value.flags.syn());
  EXPECT_EQ(response.value.window, 65160);
  EXPECT_EQ(response.value.options.mss, 1460);
  EXPECT_EQ(response.value.options.window_scale, 9);
  EXPECT_TRUE(response.value.options.sack_permitted);
  EXPECT_EQ(response.value.payload_length, 0U);
}

TEST(ResponseRecord, ThePayloadLengthComesFromTheHeaders) {
  for (const std::size_t length : {0U, 1U, 1448U, 60000U}) {
    for (const std::size_t options : {0U, 12U, 40U}) {
      const auto response = response_in(encoded(PacketFields{
          .ip_options = nops(8), .tcp_options = nops(options), .payload = pattern(length)}));
      ASSERT_EQ(response.error, ParseError::kNone);
      EXPECT_EQ(response.value.payload_length, length);
      EXPECT_TRUE(response.value.payload.empty());
    }
  }
}

TEST(ResponseRecord, IsTheSameWhenThePayloadWasNotCaptured) {
  const PacketFields fields{.tcp_options = nops(12), .payload = pattern(1448)};
  ByteVector headers = packet_bytes(fields);
  headers.resize(20 + 32);
  EXPECT_EQ(encoded(headers), encoded(fields));
}

TEST(ResponseRecordWithPayload, ThePayloadFollowsTheTcpHeader) {
  const PacketFields fields{.tcp_options = nops(12), .payload = pattern(100)};
  const ByteVector record = encoded(fields, kPayloadRecordSize);
  EXPECT_EQ(part(record, 0, 152), packet_bytes(fields));
  EXPECT_EQ(part(record, 152, 40), ByteVector(40));
  const auto response = response_in(record);
  ASSERT_EQ(response.error, ParseError::kNone);
  EXPECT_EQ(response.value.payload_length, 100U);
  EXPECT_EQ(copy(response.value.payload), pattern(100));
}

TEST(ResponseRecordWithPayload, OneHundredTwentyEightBytesFitBehindAllKeptOptions) {
  const PacketFields fields{.tcp_options = nops(24), .payload = pattern(128)};
  const auto record = encoded(fields, kPayloadRecordSize);
  EXPECT_EQ(record, packet_bytes(fields));
  const auto response = response_in(record);
  ASSERT_EQ(response.error, ParseError::kNone);
  EXPECT_EQ(copy(response.value.payload), pattern(128));
}

TEST(ResponseRecordWithPayload, OfALongPayloadComesTheBeginning) {
  for (const std::size_t options : {0U, 12U, 24U, 40U}) {
    const PacketFields fields{.tcp_options = nops(options), .payload = pattern(1448)};
    const std::size_t room = 192 - 40 - options;
    const ByteVector record = encoded(fields, kPayloadRecordSize);
    EXPECT_EQ(part(record, 40 + options, room), part(fields.payload, 0, room));
    const auto response = response_in(record);
    ASSERT_EQ(response.error, ParseError::kNone);
    EXPECT_EQ(response.value.payload_length, 1448U);
    EXPECT_EQ(copy(response.value.payload), part(fields.payload, 0, room));
  }
}

TEST(ResponseRecordWithPayload, TheRoomIsUsedToItsLastByte) {
  for (const std::size_t length : {151U, 152U, 153U}) {
    const PacketFields fields{.payload = pattern(length)};
    const auto record = encoded(fields, kPayloadRecordSize);
    const auto response = response_in(record);
    ASSERT_EQ(response.error, ParseError::kNone);
    EXPECT_EQ(response.value.payload_length, length);
    EXPECT_EQ(copy(response.value.payload),
              part(fields.payload, 0, std::min(length, kMaxRecordPayload)));
  }
}

TEST(ResponseRecordWithPayload, ZerosInPlaceOfALongPayloadAreNoPayload) {
  ByteVector record = encoded(PacketFields{.payload = pattern(129)}, kPayloadRecordSize);
  std::fill(record.begin() + 40, record.end(), std::byte{0});  // what a 1.x intercept sends
  const auto response = response_in(record);
  ASSERT_EQ(response.error, ParseError::kNone);
  EXPECT_EQ(response.value.payload_length, 129U);
  EXPECT_TRUE(response.value.payload.empty());
}

TEST(ResponseRecordWithPayload, ZerosThatFitAreAPayload) {
  const auto record = encoded(PacketFields{.payload = ByteVector(128)}, kPayloadRecordSize);
  EXPECT_EQ(copy(response_in(record).value.payload), ByteVector(128));
}

TEST(ResponseRecordWithPayload, APayloadThatWasCapturedInPartIsLeftOut) {
  const PacketFields fields{.tcp_options = nops(12), .payload = pattern(100)};
  ByteVector cut = packet_bytes(fields);
  cut.pop_back();
  EXPECT_EQ(part(encoded(cut, kPayloadRecordSize), 52, 140), ByteVector(140));
}

TEST(ResponseRecordWithPayload, TellsTheLengthThatSegmentationOffloadLeavesOut) {
  ByteVector packet = packet_bytes({.tcp_options = nops(12), .payload = pattern(100)});
  packet[2] = packet[3] = std::byte{0};
  for (const std::size_t size : {kHeaderRecordSize, kPayloadRecordSize}) {
    const auto response = response_in(encoded(packet, size));
    ASSERT_EQ(response.error, ParseError::kNone);
    EXPECT_EQ(response.value.payload_length, 100U);
  }
}

TEST(ResponseRecordWithPayload, StandsBehindOptionsThatWereCut) {
  const PacketFields fields{.tcp_options = nops(40), .payload = pattern(112)};
  const ByteVector record = encoded(fields, kPayloadRecordSize);
  EXPECT_EQ(part(record, 64, 16), ByteVector(16));  // the options that were cut
  EXPECT_EQ(part(record, 80, 112), pattern(112));
  const auto response = response_in(record);
  ASSERT_EQ(response.error, ParseError::kNone);
  EXPECT_EQ(copy(response.value.payload), pattern(112));
}

class MalformedRecord : public testing::TestWithParam<std::size_t> {
 protected:
  ParseError error_with(std::size_t at, unsigned value) {
    ByteVector record = encoded(PacketFields{.tcp_options = nops(4)}, GetParam());
    record[at] = static_cast<std::byte>(value);
    return response_in(record).error;
  }
  ParseError error_with_options(std::initializer_list<unsigned> options) {
    ByteVector record = encoded(PacketFields{.tcp_options = nops(4)}, GetParam());
    std::ranges::copy(bytes(options), record.begin() + 40);
    return response_in(record).error;
  }
};

TEST_P(MalformedRecord, AllZero) {
  EXPECT_EQ(response_in(ByteVector(GetParam())).error, ParseError::kNotIpv4);
}

TEST_P(MalformedRecord, NotVersion4) { EXPECT_EQ(error_with(0, 0x65), ParseError::kIpv6); }

TEST_P(MalformedRecord, HeaderLengthBelowFiveWords) {
  EXPECT_EQ(error_with(0, 0x44), ParseError::kBadHeaderLength);
}

TEST_P(MalformedRecord, NotTcp) { EXPECT_EQ(error_with(9, 17), ParseError::kNotTcp); }

TEST_P(MalformedRecord, Fragment) { EXPECT_EQ(error_with(7, 1), ParseError::kFragment); }

TEST_P(MalformedRecord, DataOffsetBelowFiveWords) {
  EXPECT_EQ(error_with(32, 0x40), ParseError::kBadDataOffset);
}

TEST_P(MalformedRecord, TotalLengthSmallerThanTheHeaders) {
  EXPECT_EQ(error_with(3, 0), ParseError::kBadTotalLength);
  EXPECT_EQ(error_with(3, 43), ParseError::kBadTotalLength);
  EXPECT_EQ(error_with(32, 0x70), ParseError::kBadTotalLength);
  EXPECT_EQ(error_with(0, 0x46), ParseError::kBadTotalLength);
}

TEST_P(MalformedRecord, AnOptionThatCannotBeEndsTheOptions) {
  EXPECT_EQ(error_with(41, 0), ParseError::kNone);  // a no-operation and the end of the list
  EXPECT_EQ(error_with_options({8, 0, 1, 1}), ParseError::kNone);
  EXPECT_EQ(error_with_options({8, 1, 1, 1}), ParseError::kNone);
  EXPECT_EQ(error_with_options({1, 1, 8, 10}), ParseError::kNone);
  EXPECT_EQ(error_with_options({1, 1, 1, 8}), ParseError::kNone);
}

TEST_P(MalformedRecord, LargestLengthsStayInTheRecord) {
  ByteVector record = encoded(PacketFields{.tcp_options = nops(24)}, GetParam());
  record[0] = std::byte{0x4f};   // 60 bytes of IPv4 header
  record[32] = std::byte{0xf0};  // 60 bytes of TCP header
  for (std::size_t at = 40; at < kHeaderRecordSize; ++at)
    record[at] = std::byte{1};
  for (const unsigned payload : {0U, 112U, 113U, 65535U - 120}) {
    net::store_be16(&record[2], static_cast<std::uint16_t>(120 + payload));
    const auto response = response_in(record);
    ASSERT_EQ(response.error, ParseError::kNone);
    EXPECT_EQ(response.value.payload_length, payload);
    const bool left_out = GetParam() != kPayloadRecordSize || payload > kMaxOldRecordPayload;
    EXPECT_EQ(response.value.payload.size(), left_out ? 0 : std::min(payload, 112U));
  }
}

INSTANTIATE_TEST_SUITE_P(BothSizes, MalformedRecord,
                         testing::Values(kHeaderRecordSize, kPayloadRecordSize));

}  // namespace
}  // namespace tcpcopy::wire
