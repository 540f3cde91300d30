// SPDX-License-Identifier: BSD-3-Clause
//   sim --count N [--from SEED]   runs N scenarios, prints the seeds that fail
//   sim --seed SEED               runs one and prints its packets
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/sim/world.hh"

namespace {

using tcpcopy::sim::World;

int run_one(std::uint64_t seed) {
  World world(seed);
  world.trace();
  const std::string failure = world.run();
  std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed),
              failure.empty() ? "good" : failure.c_str());
  return failure.empty() ? 0 : 1;
}

int run_many(std::uint64_t from, std::uint64_t count) {
  std::uint64_t failed = 0;
  std::uint64_t events = 0;
  std::uint64_t sessions = 0;
  std::uint64_t lost = 0;
  for (std::uint64_t seed = from; seed < from + count; ++seed) {
    World world(seed);
    const std::string failure = world.run();
    events += world.events();
    sessions += world.ledger().sessions_opened;
    lost += world.ledger().sessions_lost_in_all();
    // The same seed gives the same packets: looked at for every hundredth.
    if (failure.empty() && seed % 100 == 0) {
      World again(seed);
      again.run();
      if (again.fingerprint() != world.fingerprint()) {
        std::printf("seed %llu: two runs sent different packets\n",
                    static_cast<unsigned long long>(seed));
        ++failed;
      }
    }
    if (failure.empty()) continue;
    ++failed;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), failure.c_str());
    if (failed >= 20) break;
  }
  std::printf("%llu scenarios, %llu events, %llu sessions, %llu of them with losses, %llu failed\n",
              static_cast<unsigned long long>(count), static_cast<unsigned long long>(events),
              static_cast<unsigned long long>(sessions), static_cast<unsigned long long>(lost),
              static_cast<unsigned long long>(failed));
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t from = 1;
  std::uint64_t count = 1000;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    const std::uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (option == "--seed") return run_one(value);
    if (option == "--from") from = value;
    if (option == "--count") count = value;
  }
  return run_many(from, count);
}
