// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/log_lines.hh"

#include <gtest/gtest.h>

#include "common/net/capture_report.hh"
#include "intercept/route/route_report.hh"
#include "tests/unit/tcpcopy/logged.hh"

namespace tcpcopy::interceptor {
namespace {

// Scripts read these lines.
TEST(InterceptLogLines, StandAsTheyStood) {
  net::CaptureCounters captured;
  captured.packets = 101;
  captured.kernel_drops = 102;
  captured.of(net::ParseError::kFragment) = 100;
  captured.of(net::ParseError::kNotTcp) = 3;
  route::RouterCounters counters;
  std::uint64_t next = 103;
  for (std::uint64_t* count :
       {&counters.responses, &counters.forwarded, &counters.held, &counters.dropped_expired,
        &counters.dropped_no_room, &counters.dropped_no_link, &counters.routes_added,
        &counters.routes_displaced, &counters.routes_refused, &counters.routes_foreign})
    *count = ++next;
  Report report;
  net::report(captured, report);
  route::report(route::Router(64), counters, report);
  report.total({"responses_of_slow_links", "", ""}, 201);
  report.total({"responses_of_closed_links", "", ""}, 202);
  report.now({"links", "", ""}, 203);
  report.total({"links_accepted", "", ""}, 204);
  report.now({"link_queued_bytes", "", ""}, 205);
  report.total({"links_ended", "", "", "reason"}, 0, "silent");
  report.total({"links_ended", "", "", "reason"}, 206, "stalled");
  EXPECT_EQ(
      test::logged([&] { log_statistics(report); }),
      "total captured packets:101 kernel drops:102 malformed:103; responses:104 forwarded:105 "
      "held:106 waiting:0; dropped without route:107 without room:108 without link:109 by slow "
      "links:201 with closed links:202\n"
      "routes:0 added:110 displaced:111 refused:112 foreign:113; links:203 accepted:204 queued "
      "bytes:205; links ended or refused by reason: stalled:206\n");
}

TEST(FirstAnswersTest, AreToldOnce) {
  using namespace std::chrono_literals;
  const Instant start{100s};
  FirstAnswers first(start);
  net::TcpPacket answer{};
  answer.ip.source = Address::v4(0x0a00001e);
  answer.ip.destination = Address::v4(0xc6120001);
  answer.tcp.source_port = 8080;
  answer.tcp.destination_port = 40000;
  EXPECT_EQ(test::logged([&] { first.on_forwarded(0, start); }), "");
  EXPECT_EQ(test::logged([&] { first.on_seen(answer, start + 1200ms); }),
            "first answer seen: 10.0.0.30:8080 to 198.18.0.1:40000, 1.2 s after the start\n");
  EXPECT_EQ(test::logged([&] { first.on_seen(answer, start + 2s); }), "");
  EXPECT_EQ(test::logged([&] { first.on_forwarded(1, start + 3s); }),
            "first answer sent to a tcpcopy, 3.0 s after the start\n");
  EXPECT_EQ(test::logged([&] { first.on_forwarded(2, start + 4s); }), "");
}

TEST(InterceptLogLines, RatesStandBesideThem) {
  Report report;
  report.total({"capture_packets", "", ""}, 40);
  report.total({"responses_forwarded", "", ""}, 30);
  EXPECT_EQ(rates_from(Instant()).text(report, Instant(std::chrono::seconds(10))),
            "per second, in the last 10.0 s: captured packets 4.0, forwarded 3.0");
}

}  // namespace
}  // namespace tcpcopy::interceptor
