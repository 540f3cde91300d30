// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/route/destination_translation.hh"

#include <gtest/gtest.h>

#include "common/wire/response_record.hh"
#include "tests/support/packet_bytes.hh"

namespace tcpcopy::route {
namespace {

using test::ByteVector;

Address address(const char* text) { return Address::parse_v4(text).value(); }

net::Parsed<Response> response_in(Bytes record) {
  return wire::to_response(wire::decode_record(record));
}

class DestinationTranslationTest : public testing::Test {
 protected:
  /// The record of a response to an address, after its translation.
  ByteVector record_for(const char* destination) {
    const ByteVector packet = test::packet_bytes(
        {.destination = {address(destination), 40000}, .ip_options = test::bytes({7, 7, 4, 0})});
    const auto parsed = net::parse_tcp_packet(packet, net::Extent::kWhole).value;
    const net::TcpPacket translated = translation_.apply(parsed);
    EXPECT_EQ(translated.source(), parsed.source());
    ByteVector record(wire::kHeaderRecordSize);
    wire::encode_response(wire::headers_of(translated), record);
    EXPECT_EQ(response_in(record).value.destination, translated.destination());
    return record;
  }
  Endpoint destination_of(const char* destination) {
    return response_in(record_for(destination)).value.destination;
  }

  DestinationTranslation translation_{{{address("10.1.0.1"), address("62.135.200.1")},
                                       {address("10.1.0.2"), address("62.135.200.2")}}};
};

TEST_F(DestinationTranslationTest, ReplacesTheAddressAndKeepsThePort) {
  EXPECT_EQ(destination_of("10.1.0.1"), (Endpoint{address("62.135.200.1"), 40000}));
  EXPECT_EQ(destination_of("10.1.0.2"), (Endpoint{address("62.135.200.2"), 40000}));
}

TEST_F(DestinationTranslationTest, NothingElseOfTheRecordChanges) {
  ByteVector translated = record_for("10.1.0.1");
  const ByteVector plain = record_for("62.135.200.1");
  EXPECT_EQ(translated, plain);
}

TEST_F(DestinationTranslationTest, OtherAddressesStay) {
  EXPECT_EQ(destination_of("10.1.0.3"), (Endpoint{address("10.1.0.3"), 40000}));
  EXPECT_EQ(destination_of("62.135.200.1"), (Endpoint{address("62.135.200.1"), 40000}));
}

TEST(DestinationTranslation, WithoutPairsIsEmpty) {
  EXPECT_TRUE(DestinationTranslation({}).empty());
  EXPECT_FALSE(DestinationTranslation({{address("1.1.1.1"), address("2.2.2.2")}}).empty());
}

}  // namespace
}  // namespace tcpcopy::route
