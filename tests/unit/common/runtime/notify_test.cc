// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): setenv
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <string>

#include "common/runtime/daemon.hh"
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

  const std::string name_ = GetParam() + "tcpcopy-notify-" + std::to_string(::getpid());
};

TEST_P(Notify, TellsWhoWaitsForTheStart) {
  const UniqueFd manager = service_manager(name_);
  notify_started();
  EXPECT_EQ(told(manager), "READY=1");
}

TEST_P(Notify, NobodyWhoListensEndsNothing) { notify_started(); }

TEST(NotifyTest, NobodyWaitsAndANameThatIsTooLongIsNone) {
  notify_started();
  ::setenv("NOTIFY_SOCKET", std::string(1000, 'x').c_str(), 1);
  notify_started();
  ::unsetenv("NOTIFY_SOCKET");
}

INSTANTIATE_TEST_SUITE_P(Names, Notify, testing::Values("@", testing::TempDir()));

}  // namespace
}  // namespace tcpcopy::runtime
