// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/client/request_boundary.hh"

#include <gtest/gtest.h>

#include <string_view>

namespace tcpcopy::session {
namespace {

Bytes as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

TEST(RequestBoundary, KnowsRequestsByTheirFirstBytes) {
  for (const std::string_view text : {"GET / HTTP/1.1\r\n", "POST /a", "DELETE /b",
                                      "PRI * HTTP/2.0\r\n\r\n", "*3\r\n$3\r\nSET", "*12\r\n"})
    EXPECT_TRUE(looks_like_request(as_bytes(text))) << text;
}

TEST(RequestBoundary, TakesNothingElseForOne) {
  for (const std::string_view text :
       {"", "GET", "get / HTTP/1.1", "HTTP/1.1 200 OK", "*", "*\r\n", "*3", "*3\r", "*3\n",
        "*x\r\n", "*3:\r\n", "*/\r\n", "$3\r\n"})
    EXPECT_FALSE(looks_like_request(as_bytes(text))) << text;
}

class Stream : public ::testing::Test {
 protected:
  void insert(std::int64_t at, std::string_view text, std::int64_t online_acked) {
    stream_.insert(ClientOffset(at), as_bytes(text),
                   {OnlineOffset(online_acked), Instant(), false});
  }
  ClientStream stream_;
};

TEST_F(Stream, RequestInVerySmallPiecesIsKnown) {
  for (const char& letter : std::string_view("GET / HTTP/1.1\r\n"))
    insert(stream_.contiguous_end().value, {&letter, 1}, 0);
  EXPECT_EQ(next_request_boundary(stream_, ClientOffset(0), true), ClientOffset(0));
  EXPECT_EQ(next_request_boundary(stream_, ClientOffset(1), true), std::nullopt);
}

TEST_F(Stream, BoundaryIsWhereAChunkBeginsARequest) {
  insert(0, "ail of a request", 0);
  insert(16, "GET / HTTP/1.1\r\n\r\n", 50);
  EXPECT_EQ(next_request_boundary(stream_, ClientOffset(0), true), ClientOffset(16));
  EXPECT_EQ(next_request_boundary(stream_, ClientOffset(3), true), ClientOffset(16));
  EXPECT_EQ(next_request_boundary(stream_, ClientOffset(17), true), std::nullopt);
}

TEST_F(Stream, WhereContentTellsNothingATurnIsABoundary) {
  insert(0, "some bytes", 0);
  insert(10, "and others", 50);
  EXPECT_EQ(next_request_boundary(stream_, ClientOffset(1), true), std::nullopt);
  EXPECT_EQ(next_request_boundary(stream_, ClientOffset(1), false), ClientOffset(10));
}

TEST_F(Stream, WhatLiesBehindAHoleIsNoBoundaryYet) {
  insert(0, "some bytes", 0);
  insert(20, "GET / HTTP/1.1\r\n\r\n", 50);
  EXPECT_EQ(next_request_boundary(stream_, ClientOffset(0), true), std::nullopt);
  EXPECT_EQ(next_request_boundary(ClientStream(), ClientOffset(0), true), std::nullopt);
}

}  // namespace
}  // namespace tcpcopy::session
