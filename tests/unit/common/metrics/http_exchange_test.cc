// SPDX-License-Identifier: BSD-3-Clause
#include "common/metrics/http_exchange.hh"

#include <gtest/gtest.h>

namespace tcpcopy::metrics {
namespace {

int status_of(std::string_view request) {
  const auto verdict = judge(request);
  return verdict ? static_cast<int>(verdict->status) : 0;
}

TEST(HttpExchange, GivesThePageToWhoAsksForIt) {
  for (const char* request :
       {"GET /metrics HTTP/1.1\r\nHost: a:1\r\nAccept: text/plain;version=0.0.4\r\n\r\n",
        "GET /metrics HTTP/1.0\r\n\r\n", "GET /metrics HTTP/1.1\n\n",
        "\r\nGET /metrics HTTP/1.1\r\n\r\n", "GET /metrics?name=a HTTP/1.1\r\n\r\n",
        "GET http://10.0.0.1:9510/metrics HTTP/1.1\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nEmpty:\r\n\r\nand a body"}) {
    EXPECT_EQ(status_of(request), 200) << request;
    EXPECT_FALSE(judge(request)->head_only);
  }
  EXPECT_EQ(status_of("HEAD /metrics HTTP/1.1\r\n\r\n"), 200);
  EXPECT_TRUE(judge("HEAD /metrics HTTP/1.1\r\n\r\n")->head_only);
}

TEST(HttpExchange, HasNothingElse) {
  for (const char* target : {"/", "/metrics/", "/metric", "*", "http://a", "http://a/", "metrics"})
    EXPECT_EQ(status_of("GET " + std::string(target) + " HTTP/1.1\r\n\r\n"), 404) << target;
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get"})
    EXPECT_EQ(status_of(std::string(method) + " /metrics HTTP/1.1\r\n\r\n"), 405) << method;
}

TEST(HttpExchange, RefusesWhatIsNoRequest) {
  for (const char* request :
       {"\r\n\r\n", "GET\r\n", "GET /metrics\r\n", "GET  /metrics HTTP/1.1\r\n",
        "GET /me trics HTTP/1.1\r\n", "GET /metrics HTTP/2.0\r\n", "GET /metrics http/1.1\r\n",
        "G(T /metrics HTTP/1.1\r\n", " GET /metrics HTTP/1.1\r\n", "GET /m\x01 HTTP/1.1\r\n",
        "\x16\x03\x01\n", "GET /metrics HTTP/1.1\r\nno field\r\n",
        "GET /metrics HTTP/1.1\r\n: no name\r\n", "GET /metrics HTTP/1.1\r\nname : a\r\n",
        "GET /metrics HTTP/1.1\r\na: b\r\n folded: c\r\n"})
    EXPECT_EQ(status_of(request), 400) << request;
}

TEST(HttpExchange, WaitsForTheWholeHeadAndNotForMore) {
  const std::string whole = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(judge(whole.substr(0, length))) << length;
  EXPECT_TRUE(judge(whole));
}

TEST(HttpExchange, AHeadThatNeverEndsIsRefused) {
  std::string request = "GET /metrics HTTP/1.1\r\n";
  while (request.size() < kMaxRequest)
    request += "a: b\r\n";
  request.resize(kMaxRequest - 1);
  EXPECT_EQ(status_of(request), 0);
  EXPECT_EQ(status_of(request + "\r"), 400);
  EXPECT_EQ(status_of(request + "\r\n\r\n"), 400)
      << "what stands behind the limit is not looked at";
  EXPECT_EQ(status_of(std::string(kMaxRequest, 'a')), 400);
}

TEST(HttpExchange, AnswersAreWhole) {
  EXPECT_EQ(answer({Status::kOk, false}, "a 1\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
            "Content-Length: 4\r\nConnection: close\r\n\r\na 1\n");
  EXPECT_EQ(answer({Status::kOk, true}, "a 1\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
            "Content-Length: 4\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(answer({Status::kMethodNotAllowed, false}, "a 1\n"),
            "HTTP/1.1 405 Method Not Allowed\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 29\r\nAllow: GET, HEAD\r\nConnection: close\r\n\r\n"
            "The metrics are at /metrics.\n");
  for (const Status status : kStatuses) {
    const std::string text = answer({status, false}, "");
    EXPECT_TRUE(text.starts_with("HTTP/1.1 " + std::string(to_string(status)) + " ")) << text;
  }
}

}  // namespace
}  // namespace tcpcopy::metrics
