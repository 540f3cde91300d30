// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/daemon.hh"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>

#include "common/runtime/errors.hh"
#include "common/runtime/unique_fd.hh"

namespace tcpcopy::runtime {
namespace {

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
