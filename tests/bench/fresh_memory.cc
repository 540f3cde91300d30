// SPDX-License-Identifier: BSD-3-Clause
// What the machine takes for memory that was not used before: each page of it is touched once. On a
// virtual machine whose host gives memory only when it is touched, one touch may take milliseconds,
// which count as CPU time of whoever touches. A turn of an event loop is no shorter than that.
// Prints the microseconds of the longest touch, how many took more than 1 and 5 ms, and the
// nanoseconds of one on the average, all of CPU time.
//
//   fresh_memory MEGABYTES
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

constexpr long kPage = 4096;
constexpr long kMegabyte = 1 << 20;
constexpr long kMostMegabytes = 1 << 20;

std::int64_t cpu_nanoseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

int main(int argc, char** argv) {
  const long megabytes = argc == 2 ? std::strtol(argv[1], nullptr, 10) : 0;
  if (megabytes <= 0 || megabytes > kMostMegabytes) {
    std::fputs("fresh_memory: expected MEGABYTES, as 4096\n", stderr);
    return 2;
  }
  const long pages = megabytes * (kMegabyte / kPage);
  const auto size = static_cast<std::size_t>(pages * kPage);
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    std::perror("fresh_memory: mmap");
    return 1;
  }
  madvise(memory, size, MADV_NOHUGEPAGE);  // as what programs take piece by piece

  auto* bytes = static_cast<volatile char*>(memory);
  std::int64_t longest = 0;
  long above_1 = 0;
  long above_5 = 0;
  const std::int64_t began = cpu_nanoseconds();
  std::int64_t before = began;
  for (long page = 0; page < pages; ++page) {
    bytes[page * kPage] = 1;
    const std::int64_t now = cpu_nanoseconds();
    longest = std::max(longest, now - before);
    if (now - before > 1'000'000) ++above_1;
    if (now - before > 5'000'000) ++above_5;
    before = now;
  }
  std::printf("longest_us:%lld above_1ms:%ld above_5ms:%ld mean_ns:%lld\n",
              static_cast<long long>(longest / 1000), above_1, above_5,
              static_cast<long long>((before - began) / pages));
  return 0;
}
