// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/daemon.hh"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

#include "common/runtime/errors.hh"
#include "common/runtime/unique_fd.hh"

namespace tcpcopy::runtime {
namespace {

// The name that the kernel knows a process by; empty when there is no such process.
std::string program_of(pid_t pid) {
  std::ifstream comm("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(comm, name);
  return name;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

void go_to_background() {
  const pid_t child = ::fork();
  if (child < 0) throw SystemError("fork: " + error_text(errno));
  if (child > 0) ::_exit(0);
  ::setsid();
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) throw SystemError("/dev/null: " + error_text(errno));
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    ::dup2(null.get(), fd);
}

PidFile::PidFile(std::string path) : path_(std::move(path)) {
  if (path_.empty()) return;
  pid_t other = 0;
  if (std::ifstream(path_) >> other && other != ::getpid() && !program_of(other).empty() &&
      program_of(other) == program_of(::getpid())) {
    throw UsageError("-P " + std::exchange(path_, {}) + ": process " + std::to_string(other) +
                     " runs already; stop it or name another file");
  }
  update();
}

void PidFile::update() const {
  if (path_.empty()) return;
  std::ofstream file(path_, std::ios::trunc);
  file << ::getpid() << '\n';
  file.flush();
  if (!file) throw UsageError("-P " + path_ + ": cannot write the file: " + error_text(errno));
}

PidFile::~PidFile() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void notify_started() {
  const char* const name = std::getenv("NOTIFY_SOCKET");
  if (name == nullptr) return;
  const std::string_view path(name);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return;
  path.copy(std::data(address.sun_path), path.size());
  if (path.front() == '@') address.sun_path[0] = '\0';  // unix(7): an abstract name
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  constexpr std::string_view kReady = "READY=1";
  const void* const generic = &address;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  if (!fd || ::sendto(fd.get(), kReady.data(), kReady.size(), MSG_NOSIGNAL,
                      static_cast<const sockaddr*>(generic), length) < 0) {
    spdlog::warn("cannot tell {} of the start: {}", path, error_text(errno));
  }
}

void log_resource_use(const EventLoop::WakeUpTimes& times) {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  spdlog::info(
      "cpu user:{:.3f}s system:{:.3f}s, peak memory:{} KB, longest turn: {:.2f} ms; at most {:.2f} "
      "ms of CPU, more than {} ms in {} of {} turns",
      seconds(usage.ru_utime), seconds(usage.ru_stime), usage.ru_maxrss,
      Milliseconds(times.longest).count(), Milliseconds(times.most_cpu).count(),
      Milliseconds(EventLoop::kLongWakeUp).count(), times.long_wake_ups, times.wake_ups);
}

std::uint64_t resident_memory() {
  std::ifstream statm("/proc/self/statm");  // proc(5): total and resident, in pages
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace tcpcopy::runtime
