// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): setenv
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <string>

#include "common/runtime/event_loop.hh"
#include "common/runtime/service_manager.hh"
#include "common/runtime/unique_fd.hh"

namespace tcpcopy::runtime {
namespace {

/// systemd's end, at a path or an abstract name.
UniqueFd service_manager(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(std::data(address.sun_path), name.size());
  if (name.front() == '@') address.sun_path[0] = '\0';
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const void* const generic = &address;
  EXPECT_EQ(::bind(fd.get(), static_cast<const sockaddr*>(generic),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())),
            0);
  return fd;
}

std::string told(const UniqueFd& fd) {
  std::array<char, 100> text{};
  const ssize_t size = ::recv(fd.get(), text.data(), text.size(), 0);
  return size < 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(size));
}

class Notify : public testing::TestWithParam<std::string> {
 protected:
  Notify() { ::setenv("NOTIFY_SOCKET", name_.c_str(), 1); }
  ~Notify() override {
    ::unsetenv("NOTIFY_SOCKET");
    if (name_.front() != '@') ::unlink(name_.c_str());
  }
  Notify(const Notify&) = delete;
  Notify& operator=(const Notify&) = delete;
  Notify(Notify&&) = delete;
  Notify& operator=(Notify&&) = delete;

  EventLoop loop_;
  const std::string name_ = GetParam() + "tcpcopy-notify-" + std::to_string(::getpid());
};

TEST_P(Notify, TellsWhoWaitsForTheStart) {
  const UniqueFd manager = service_manager(name_);
  const Timer none = notify_started(loop_);
  EXPECT_EQ(told(manager), "READY=1");
  notify_status("3 links");
  EXPECT_EQ(told(manager), "STATUS=3 links");
}

TEST_P(Notify, NobodyWhoListensEndsNothing) { const Timer none = notify_started(loop_); }

TEST_P(Notify, OnlyALoopThatTurnsFeedsTheWatchdog) {
  const UniqueFd manager = service_manager(name_);
  ::setenv("WATCHDOG_USEC", "20000", 1);
  const Timer watchdog = notify_started(loop_);
  ::unsetenv("WATCHDOG_USEC");
  EXPECT_EQ(told(manager), "READY=1");
  ::usleep(50'000);
  EXPECT_EQ(told(manager), "") << "it did not turn";
  const Timer end = loop_.after(std::chrono::milliseconds(50), [this] { loop_.stop(); });
  loop_.run();
  EXPECT_EQ(told(manager), "WATCHDOG=1");
}

TEST(NotifyTest, NobodyWaitsAndANameThatIsTooLongIsNone) {
  notify("READY=1");
  ::setenv("NOTIFY_SOCKET", std::string(1000, 'x').c_str(), 1);
  notify("READY=1");
  ::unsetenv("NOTIFY_SOCKET");
}

TEST(NotifyTest, TheWatchdogOfAnotherProcessIsNotFed) {
  EXPECT_EQ(watchdog_period(), Duration(0));
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(watchdog_period(), std::chrono::seconds(15));
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(watchdog_period(), std::chrono::seconds(15));
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(watchdog_period(), Duration(0));
  ::unsetenv("WATCHDOG_PID");
  for (const char* odd : {"", "0", "x", "-1", "99999999999999999999"}) {
    ::setenv("WATCHDOG_USEC", odd, 1);
    EXPECT_EQ(watchdog_period(), Duration(0)) << odd;
  }
  ::unsetenv("WATCHDOG_USEC");
}

INSTANTIATE_TEST_SUITE_P(Names, Notify, testing::Values("@", testing::TempDir()));

}  // namespace
}  // namespace tcpcopy::runtime
