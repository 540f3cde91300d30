// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/screen/screen.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpcopy::screen {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr Instant kStart{1000s};
constexpr const char* kReasons[] = {"no-handshake", "target-refused", "target-reset",
                                    "capture-hole", "no-boundary",    "idle",
                                    "memory-limit", "shutdown"};

struct Figures {
  std::uint64_t turns = 0, captured = 0, syns = 0, connections = 0, connected = 2, drops = 0;
  std::uint64_t reasons = 0;  // of loss: the n-th lost n sessions
  Lag lag;

  Report report() const {
    Report report;
    report.total({"turns_sent", "turns", ""}, turns);
    report.total({"bytes_captured", "bytes", ""}, captured);
    report.total({"syns_sent", "packets", ""}, syns);
    report.total({"connections", "connections", ""}, connections);
    report.now({"links_connected", "links", ""}, connected);
    report.now({"links_configured", "links", ""}, 2);
    report.total({"capture_drops", "packets", ""}, drops);
    for (std::uint64_t i = 0; i < reasons; ++i) {
      report.total({"packets_lost", "packets", "", "reason"}, 10 * i + 10, kReasons[i]);
      report.total({"bytes_lost", "bytes", "", "reason"}, 1000 * i + 1000, kReasons[i]);
      report.total({"sessions_lost", "sessions", "", "reason"}, i + 1, kReasons[i]);
    }
    report.spread({"lag", "seconds", ""}, lag);
    return report;
  }
};

class ScreenTest : public testing::Test {
 protected:
  void second() { history_.add(figures_.report(), now_ += 1s); }
  std::string text(Size size = {}) {
    std::string text;
    lines_ = draw(history_, around_, size);
    EXPECT_LE(lines_.size(), size.rows);
    for (const Line& line : lines_) {
      EXPECT_LE(line.text.size(), size.columns) << line.text;
      text += line.text + "\n";
    }
    return text;
  }
  /// How the line that has these words is shown.
  Style style_of(std::string_view words) const {
    for (const Line& line : lines_)
      if (line.text.find(words) != std::string::npos) return line.style;
    ADD_FAILURE() << "no " << words;
    return Style::kPlain;
  }

  Figures figures_;
  Around around_{"tcpcopy 2.0.0: 80-10.0.0.30:8080", 754s, "", {}};
  Instant now_ = kStart;
  History history_{kStart};
  std::vector<Line> lines_;
};

TEST_F(ScreenTest, ShowsRatesAndTotalsInColumns) {
  second();
  figures_.turns = 1234;
  figures_.captured = 5'000'000;
  second();
  const std::string shown = text();
  EXPECT_THAT(shown,
              testing::StartsWith("tcpcopy 2.0.0: 80-10.0.0.30:8080                              "
                                  "        up 0:12:34\n"));
  EXPECT_THAT(shown,
              HasSubstr("                           a second        in 10 s         in all\n"
                        "requests                      1,234            617          1,234\n"
                        "bytes captured               5.0 MB         2.5 MB         5.0 MB\n"));
  EXPECT_EQ(style_of("up 0:12:34"), Style::kHead);
}

TEST_F(ScreenTest, BeforeAnythingHappenedNothingIsBad) {
  const std::string shown = text();
  EXPECT_THAT(shown, HasSubstr("lag ms      - (nothing in 10 s)\n"));
  EXPECT_THAT(shown, HasSubstr("lost        nothing\n"));
  second();
  text();
  for (const Line& line : lines_)
    EXPECT_NE(line.style, Style::kBad) << line.text;
}

TEST_F(ScreenTest, TellsOfHandshakesAndTimes) {
  figures_.syns = 200;
  figures_.connections = 199;
  for (int i = 0; i < 100; ++i)
    figures_.lag.note(1ms);
  figures_.lag.note(1s);
  second();
  EXPECT_THAT(text(), HasSubstr("handshakes  99.5 % of 200 SYNs led to a connection in 10 s; 0 "));
  EXPECT_THAT(text(), HasSubstr("lag ms      median 1.0, p99 1.0, greatest 1048.6 in 10 s\n"));
}

TEST_F(ScreenTest, WhatIsWrongStandsOut) {
  figures_.syns = 7;
  figures_.connected = 1;
  figures_.drops = 3;
  second();
  text();
  EXPECT_EQ(style_of("handshakes  0 % of 7 SYNs"), Style::kBad);
  EXPECT_EQ(style_of("links       1 of 2"), Style::kBad);
  EXPECT_EQ(style_of("3 packets dropped"), Style::kBad);
}

TEST_F(ScreenTest, TheGreatestLossesComeFirstAndTheRestIsCounted) {
  figures_.reasons = 8;
  second();
  around_.warnings = {"12:00:01 warning: one", "12:00:02 warning: two", "12:00:03 warning: three",
                      "12:00:04 warning: four"};
  const std::string small = text({80, 24});
  EXPECT_THAT(small, HasSubstr("\nlost        shutdown            8 sessions, 80 packets, 8.0 KB\n"
                               "            for 7 more reasons\n"
                               "12:00:02 warning: two\n"));
  EXPECT_THAT(small, testing::EndsWith("12:00:04 warning: four\n"));
  EXPECT_EQ(lines_.size(), 24U);
  const std::string large = text({120, 40});
  EXPECT_THAT(large, HasSubstr("\n            no-handshake        1 sessions, 10 packets, 1.0 KB\n"
                               "12:00:01 warning: one\n"));
  EXPECT_THAT(large, Not(HasSubstr("more reasons")));
}

TEST_F(ScreenTest, FitsIntoAnySize) {
  figures_.reasons = 8;
  figures_.turns = UINT64_MAX;
  figures_.captured = UINT64_MAX;
  around_.title = std::string(300, 'x');
  around_.files = std::string(300, 'y');
  around_.warnings.assign(50, std::string(300, 'z'));
  second();
  for (const Size size : {Size{1, 1}, Size{10, 5}, Size{0, 0}, Size{79, 23}, Size{80, 24},
                          Size{120, 40}, Size{500, 200}})
    text(size);
}

TEST_F(ScreenTest, WhatOthersSaidCannotSpeakToTheTerminal) {
  around_.warnings = {"12:00:01 warning: \x1b]0;title\x07"};
  EXPECT_THAT(text(), HasSubstr("12:00:01 warning: ?]0;title?\n"));
}

TEST_F(ScreenTest, OfDatagramsAndOfDevices) {
  Report report;
  report.total({"datagrams_captured", "datagrams", ""}, 30);
  report.total({"returned_packets", "packets", ""}, 7);
  report.total({"returned_drops", "packets", ""}, 0);
  history_.add(report, kStart + 1s);
  const std::string shown = text();
  EXPECT_THAT(shown,
              HasSubstr("datagrams captured             30.0           30.0             30\n"));
  EXPECT_THAT(shown, HasSubstr("responses   7 captured, 0 dropped\n"));
  EXPECT_THAT(shown, Not(HasSubstr("sessions")));
  EXPECT_THAT(shown, Not(HasSubstr("links")));
  EXPECT_EQ(line_of(history_, around_), "up 0:12:34 datagrams/s 30.0 sent/s 0.0");
}

TEST_F(ScreenTest, InOneLine) {
  figures_.turns = 12;
  figures_.captured = 1500;
  figures_.reasons = 1;
  second();
  EXPECT_EQ(line_of(history_, around_),
            "up 0:12:34 requests/s 12.0 in/s 1.5 KB out/s 0 B live 0 lost 1 lag ms 0.0");
}

}  // namespace
}  // namespace tcpcopy::screen
