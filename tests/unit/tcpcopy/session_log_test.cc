// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session_log.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/tcpcopy/logged.hh"

namespace tcpcopy::replayer {
namespace {

using session::SessionEvent;
using testing::HasSubstr;
using testing::IsEmpty;
using What = SessionEvent::What;

Endpoint endpoint(const char* address, std::uint16_t port) {
  return {Address::parse_v4(address).value(), port};
}

class SessionLogTest : public testing::Test {
 protected:
  std::string log(int events = 1, spdlog::level::level_enum level = spdlog::level::debug) {
    return test::logged([&] {
      spdlog::set_level(level);
      for (int i = 0; i < events; ++i)
        log_.on_event(event_);
    });
  }

  runtime::EventLoop loop_;
  SessionLog log_{loop_};
  SessionEvent event_{What::kEnded,
                      {endpoint("10.0.0.77", 40512), endpoint("10.0.0.20", 80)},
                      {endpoint("198.18.0.5", 40512), endpoint("10.0.0.30", 8080)},
                      "completed"};
};

TEST_F(SessionLogTest, ALineSaysWhoAndWhat) {
  EXPECT_EQ(log(),
            "session 10.0.0.77:40512 (198.18.0.5:40512 to 10.0.0.30:8080): ended: completed\n");
  event_ = {What::kConnected, event_.captured, event_.target};
  EXPECT_THAT(log(), HasSubstr("10.0.0.30:8080): connected\n"));
  event_ = {What::kNotOpened, event_.captured, event_.target, "not-sampled"};
  EXPECT_THAT(log(), HasSubstr("10.0.0.77:40512 (to 10.0.0.30:8080): not opened: not-sampled"));
}

TEST_F(SessionLogTest, OfOneClientAtAnyLevel) {
  EXPECT_THAT(log(1, spdlog::level::info), IsEmpty());
  log_.set_client(endpoint("10.0.0.77", 0));
  EXPECT_THAT(log(1, spdlog::level::info), HasSubstr("ended"));
  log_.set_client(endpoint("10.0.0.77", 40512));
  EXPECT_THAT(log(1, spdlog::level::info), HasSubstr("ended"));
  log_.set_client(endpoint("10.0.0.77", 1));
  EXPECT_THAT(log(1, spdlog::level::info), IsEmpty());
  log_.set_client(endpoint("10.0.0.78", 0));
  EXPECT_THAT(log(1, spdlog::level::info), IsEmpty());
}

TEST_F(SessionLogTest, WhatIsTooMuchForASecondIsCounted) {
  const std::string lines = log(SessionLog::kMostLines + 7);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), SessionLog::kMostLines);
  const runtime::Timer end = loop_.after(std::chrono::milliseconds(1001), [this] { loop_.stop(); });
  loop_.run();
  EXPECT_THAT(log(), HasSubstr("7 lines of sessions were left out: more than 100 in a second"));
}

}  // namespace
}  // namespace tcpcopy::replayer
