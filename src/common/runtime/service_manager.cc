// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/service_manager.hh"

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <utility>

#include "common/runtime/errors.hh"
#include "common/runtime/unique_fd.hh"

namespace tcpcopy::runtime {
namespace {

std::optional<std::uint64_t> number_in_environment(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  const std::string_view text(value);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// @return an errno value; 0 when it was told.
int tell(std::string_view path, std::string_view lines) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return 0;
  path.copy(std::data(address.sun_path), path.size());
  if (path.front() == '@') address.sun_path[0] = '\0';  // unix(7): an abstract name
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return errno;
  const void* const generic = &address;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const ssize_t sent = ::sendto(fd.get(), lines.data(), lines.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                                static_cast<const sockaddr*>(generic), length);
  return sent < 0 ? errno : 0;
}

}  // namespace

void notify(std::string_view lines) {
  static bool said = false;
  const char* const name = std::getenv("NOTIFY_SOCKET");
  if (name == nullptr) return;
  const int error = tell(name, lines);
  if (error != 0 && !std::exchange(said, true)) {
    spdlog::warn("cannot tell {} of the start: {}", name, error_text(error));
  }
}

Timer notify_started(EventLoop& loop) {
  notify("READY=1");
  const Duration period = watchdog_period();
  if (period == Duration(0)) return {};
  return loop.every(period, [] { notify("WATCHDOG=1"); });
}

void notify_status(const std::string& text) { notify("STATUS=" + text); }

Duration watchdog_period() {
  const auto limit = number_in_environment("WATCHDOG_USEC");
  const auto pid = number_in_environment("WATCHDOG_PID");
  constexpr std::uint64_t kMost = 3'600'000'000;  // an hour; more is as good as none
  if (!limit || *limit == 0 || *limit > kMost) return Duration(0);
  if (pid && *pid != static_cast<std::uint64_t>(::getpid())) return Duration(0);
  return std::chrono::microseconds(*limit) / 2;
}

}  // namespace tcpcopy::runtime
