// SPDX-License-Identifier: BSD-3-Clause
// Our codecs against links that 1.x daemons have written: golden/README.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "common/net/bytes.hh"
#include "common/wire/frame.hh"
#include "common/wire/response_record.hh"
#include "common/wire/route_message.hh"
#include "tests/unit/common/wire/control_channel_capture.hh"

namespace tcpcopy::wire {
namespace {

using net::Extent;
using net::ParseError;
using test::ByteVector;
using test::copy;
using test::RecordedLink;

const Endpoint kTarget{Address::v4(0x0a4d001e), 8080};
const Address kClient = Address::v4(0x3e87c801);

struct Recording {
  std::string folder;
  FrameMode mode;
  // What it holds, on all links together.
  std::size_t links;
  std::size_t versions;
  std::size_t routes;
  std::size_t frames;
  std::size_t records;
  std::size_t responses;  // captured: more than records when the recording ends early
};

// GoogleTest's name for a printer of a type.
// NOLINTNEXTLINE(readability-identifier-naming)
void PrintTo(const Recording& recording, std::ostream* out) { *out << recording.folder; }

class Golden : public testing::TestWithParam<Recording> {
 protected:
  const FrameMode mode_ = GetParam().mode;
  const test::ControlChannelCapture capture_ = test::read_capture(
      std::string(TCPCOPY_GOLDEN_DIR) + "/" + GetParam().folder + "/assistant.pcap", kTarget);
};

std::vector<RouteMessage> decode_messages(const ByteVector& stream) {
  std::vector<RouteMessage> messages;
  RouteMessageDecoder decoder;
  Bytes rest(stream);
  while (const auto message = decoder.next(rest))
    messages.push_back(*message);
  EXPECT_TRUE(rest.empty());
  EXPECT_FALSE(decoder.mid_message()) << "bytes are left over";
  return messages;
}

/// The counts of a link's frames, read without the decoder.
std::vector<std::size_t> frame_counts(const ByteVector& stream, FrameMode mode) {
  std::vector<std::size_t> counts;
  std::size_t at = 0;
  while (at + 2 <= stream.size()) {
    counts.push_back(net::load_be16(&stream[at]));
    at += 2 + counts.back() * mode.record_size();
  }
  EXPECT_EQ(at, stream.size()) << "bytes are left over";
  return counts;
}

std::vector<ByteVector> decode_records(const ByteVector& stream, FrameMode mode,
                                       std::size_t piece_size) {
  std::vector<ByteVector> records;
  FrameDecoder decoder(mode);
  for (Bytes rest(stream); !rest.empty();) {
    Bytes piece = rest.first(std::min(piece_size, rest.size()));
    rest = rest.subspan(piece.size());
    while (const auto record = decoder.next(piece))
      records.push_back(copy(*record));
    EXPECT_TRUE(piece.empty());
  }
  EXPECT_FALSE(decoder.bad_count());
  return records;
}

std::vector<ByteVector> decode_records(const ByteVector& stream, FrameMode mode) {
  return decode_records(stream, mode, stream.size());
}

net::Parsed<Response> response_in(const ByteVector& record) {
  return to_response(decode_record(record));
}

ByteVector encode_packet(const ByteVector& packet, std::size_t record_size) {
  const auto parsed = net::parse_tcp_packet(packet, Extent::kHeaders);
  EXPECT_EQ(parsed.error, ParseError::kNone);
  ByteVector record(record_size, std::byte{0xee});
  encode_response(headers_of(parsed.value), record);
  return record;
}

TEST_P(Golden, HoldsItsLinks) {
  EXPECT_EQ(capture_.links.size(), GetParam().links);
  EXPECT_EQ(capture_.responses.size(), GetParam().responses);
}

TEST_P(Golden, EveryMessageDecodesAndEncodesToTheSameBytes) {
  std::size_t versions = 0;
  std::size_t routes = 0;
  for (const auto& [tcpcopy, link] : capture_.links) {
    ByteVector again;
    for (const RouteMessage& message : decode_messages(link.from_tcpcopy)) {
      if (message.is_version()) {
        EXPECT_TRUE(again.empty()) << "a version that is not the first message";
        EXPECT_EQ(message, RouteMessage::version(kVersion));
        ++versions;
      } else {
        EXPECT_TRUE(message.adds_route());
        EXPECT_EQ(message.flow.client.address, kClient);
        EXPECT_EQ(message.flow.server, kTarget);
        ++routes;
      }
      test::append(again, encode(message));
    }
    EXPECT_EQ(again, link.from_tcpcopy);
  }
  EXPECT_EQ(versions, GetParam().versions);
  EXPECT_EQ(routes, GetParam().routes);
}

TEST_P(Golden, EveryFrameDecodesAndEncodesToTheSameBytes) {
  std::size_t frames = 0;
  std::size_t records = 0;
  for (const auto& [tcpcopy, link] : capture_.links) {
    const auto decoded = decode_records(link.from_intercept, mode_);
    auto record = decoded.begin();
    ByteVector again;
    FrameEncoder encoder(mode_);
    for (const std::size_t count : frame_counts(link.from_intercept, mode_)) {
      ASSERT_LE(count, static_cast<std::size_t>(decoded.end() - record));
      for (std::size_t i = 0; i < count; ++i)
        encoder.add(decode_record(*record++));
      test::append(again, encoder.bytes());
      encoder.clear();
      ++frames;
    }
    EXPECT_EQ(record, decoded.end());
    EXPECT_EQ(again, link.from_intercept);
    records += decoded.size();
  }
  EXPECT_EQ(frames, GetParam().frames);
  EXPECT_EQ(records, GetParam().records);
}

TEST_P(Golden, TheDecoderTakesALinkInPiecesOfAnySize) {
  for (const auto& [tcpcopy, link] : capture_.links) {
    const auto whole = decode_records(link.from_intercept, mode_);
    for (const std::size_t size : {1U, 2U, 3U, 63U, 64U, 65U, 193U, 1448U})
      EXPECT_EQ(decode_records(link.from_intercept, mode_, size), whole) << "pieces of " << size;
  }
}

TEST_P(Golden, RecordsThatGoOneByOneAreTheSameRecords) {
  const FrameMode single{false, mode_.with_payload};
  for (const auto& [tcpcopy, link] : capture_.links) {
    const auto records = decode_records(link.from_intercept, mode_);
    FrameEncoder encoder(single);
    ByteVector joined;
    for (const ByteVector& record : records) {
      encoder.add(decode_record(record));
      test::append(joined, record);
    }
    EXPECT_EQ(copy(encoder.bytes()), joined);
    EXPECT_EQ(decode_records(joined, single), records);
  }
}

TEST_P(Golden, EveryRecordIsAResponseAndEncodesToTheSameBytes) {
  std::size_t records = 0;
  for (const auto& [tcpcopy, link] : capture_.links) {
    for (const ByteVector& record : decode_records(link.from_intercept, mode_)) {
      const auto response = response_in(record);
      ASSERT_EQ(response.error, ParseError::kNone);
      EXPECT_EQ(response.value.source, kTarget);
      EXPECT_EQ(response.value.destination.address, kClient);
      // A record begins like the packet that it was made of.
      EXPECT_EQ(encode_packet(record, record.size()), record);
      ++records;
    }
  }
  EXPECT_EQ(records, GetParam().records);
}

// A 1.x intercept leaves a long payload out; ours sends its beginning.
ByteVector without_long_payload(ByteVector record) {
  const auto response = response_in(record).value;
  if (record.size() == kHeaderRecordSize || response.payload_length <= kMaxOldRecordPayload) {
    return record;
  }
  const auto at = response.payload.data() - record.data();
  std::fill_n(record.begin() + at, response.payload.size(), std::byte{0});
  return record;
}

using ByConnection = std::map<Endpoint, std::vector<ByteVector>>;

TEST_P(Golden, CapturedResponsesEncodeToTheRecordsThatWereSent) {
  ByConnection encoded;  // the client's end; each in order
  for (const ByteVector& packet : capture_.responses) {
    const auto parsed = net::parse_tcp_packet(packet, Extent::kWhole);
    encoded[parsed.value.destination()].push_back(
        without_long_payload(encode_packet(packet, mode_.record_size())));
  }
  ByConnection sent;
  for (const auto& [tcpcopy, link] : capture_.links) {
    for (const ByteVector& record : decode_records(link.from_intercept, mode_))
      sent[response_in(record).value.destination].push_back(record);
  }
  EXPECT_EQ(sent.size(), 3U);
  EXPECT_EQ(encoded.size(), 3U);
  std::size_t compared = 0;
  for (const auto& [client, records] : sent) {
    auto& expected = encoded[client];
    ASSERT_LE(records.size(), expected.size());
    expected.resize(records.size());  // what was captured after the link was gone
    EXPECT_EQ(records, expected) << client.to_string();
    compared += records.size();
  }
  EXPECT_EQ(compared, GetParam().records);
}

TEST_P(Golden, DecodedResponsesHaveTheValuesOfTheirPackets) {
  std::map<ByteVector, Response> by_headers;
  for (const ByteVector& packet : capture_.responses) {
    const auto parsed = net::parse_tcp_packet(packet, Extent::kWhole);
    const net::TcpPacket& value = parsed.value;
    by_headers[without_long_payload(encode_packet(packet, mode_.record_size()))] =
        net::to_segment<Response>(value.ip, value.tcp, value.payload_length, value.payload);
  }
  for (const auto& [tcpcopy, link] : capture_.links) {
    for (const ByteVector& record : decode_records(link.from_intercept, mode_)) {
      const Response response = response_in(record).value;
      ASSERT_TRUE(by_headers.contains(record));
      const Response& captured = by_headers[record];
      EXPECT_EQ(response.seq, captured.seq);
      EXPECT_EQ(response.ack, captured.ack);
      EXPECT_EQ(response.flags.bits, captured.flags.bits);
      EXPECT_EQ(response.options, captured.options);
      EXPECT_EQ(response.payload_length, captured.payload_length);
      if (!response.payload.empty()) {
        EXPECT_EQ(copy(response.payload), copy(captured.payload));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Recordings, Golden,
    testing::Values(Recording{"v6-combined", {true, false}, 2, 2, 3, 23, 86, 86},
                    Recording{"v6-single", {true, false}, 2, 2, 0, 22, 87, 87},
                    Recording{"v6-resp-payload", {true, true}, 2, 2, 3, 14, 22, 27}),
    [](const auto& recording) {
      std::string name = recording.param.folder;
      std::erase(name, '-');
      return name;
    });

}  // namespace
}  // namespace tcpcopy::wire
