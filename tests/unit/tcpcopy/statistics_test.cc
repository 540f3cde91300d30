// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/statistics.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tcpcopy/logged.hh"

namespace tcpcopy::replayer {
namespace {

using test::logged;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Statistics : public testing::Test {
 protected:
  StatisticsSources sources(const session::DatagramCounts* datagrams = nullptr, int links = 0) {
    returns::InterceptLinks::Settings settings;
    settings.intercepts = {{Address::v4(0x7f000001), 1}};
    settings.links_per_intercept = links;
    links_.emplace(loop_, settings, returns::InterceptLinks::Events{});
    return {ledger_, capture_, inject_, links == 0 ? nullptr : &*links_, std::nullopt, datagrams};
  }

  std::string lines() {
    return logged([&] { log_statistics(sources(), told_); });
  }

  session::Ledger ledger_;
  session::Lag told_;
  net::CaptureCounters capture_;
  inject::InjectCounters inject_;
  runtime::EventLoop loop_;
  std::optional<returns::InterceptLinks> links_;
};

TEST_F(Statistics, OfSessionsAndLinks) {
  const std::string text = logged([&] { log_summary(sources(nullptr, 2)); });
  for (const char* word : {"active:", "ledger:", "links: connected:0 configured:2",
                           "packets captured:", "turns not answered in time:"}) {
    EXPECT_THAT(text, HasSubstr(word));
  }
  EXPECT_THAT(text, Not(HasSubstr("datagrams")));
}

TEST_F(Statistics, WithoutLinksNothingIsSaidOfThem) {
  EXPECT_THAT(lines(), AllOf(HasSubstr("active:"), Not(HasSubstr("links: "))));
}

TEST_F(Statistics, EachLineTellsOfTheLagSinceTheLast) {
  for (const Duration lag : {4us, 5us, 7us, 7us})
    ledger_.lag.note(lag * 1000);
  EXPECT_THAT(lines(),
              HasSubstr("lag ms: median:5.1 greatest:7.2;"));  // an eighth too much at most
  EXPECT_THAT(lines(), HasSubstr("lag ms: median:0.0 greatest:0.0;"));
  ledger_.lag.note(2s);
  EXPECT_THAT(lines(), HasSubstr("lag ms: median:2097.2 greatest:2097.2;"));
  EXPECT_THAT(logged([&] { log_summary(sources()); }),
              HasSubstr("lag ms: median:7.2 greatest:2097.2;"));
}

TEST_F(Statistics, HowTheTargetDiffersIsInEveryLine) {
  ledger_.turn_quiets = 3;
  ledger_.turn_expiries = 4;
  EXPECT_THAT(lines(), HasSubstr("turns ended by quiet:3; turns not answered in time:4;"));
}

TEST_F(Statistics, RefusedSegmentsAreToldByReason) {
  EXPECT_THAT(lines(), HasSubstr("; refused: none\n"));
  ledger_.refuse(session::Refusal::kClientReset);
  ledger_.refuse(session::Refusal::kOldSequence);
  ledger_.refuse(session::Refusal::kOldSequence);
  EXPECT_THAT(lines(), HasSubstr("; refused: old-sequence:2 client-reset:1\n"));
}

TEST_F(Statistics, OfDatagramsAlone) {
  session::DatagramCounts datagrams;
  datagrams.captured = {7, 70};
  const std::string text = logged([&] { log_summary(sources(&datagrams)); });
  EXPECT_THAT(text, AllOf(HasSubstr("datagrams captured:7 "), HasSubstr("malformed packets:")));
  for (const char* word :
       {"active:", "conns:", "ledger", "links", "turns", "sessions", "lag", "refused"})
    EXPECT_THAT(text, Not(HasSubstr(word)));
}

TEST_F(Statistics, TheFirstDeliveryIsToldOnce) {
  FirstDelivery first;
  EXPECT_EQ(logged([&] { first.look(ledger_); }), "");
  ledger_.delivered.bytes = 78;
  EXPECT_EQ(logged([&] { first.look(ledger_); }),
            "first bytes delivered: the target has acknowledged 78 bytes that a client sent\n");
  EXPECT_EQ(logged([&] { first.look(ledger_); }), "");
}

}  // namespace
}  // namespace tcpcopy::replayer
