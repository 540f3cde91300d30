// SPDX-License-Identifier: BSD-3-Clause
//   sim --count N [--from SEED]    runs N scenarios, prints the seeds that fail
//   sim --events N [--from SEED]   runs scenarios until N events have happened
//   sim --seed SEED                runs one and prints its packets, numbers relative to their SYN
//   sim --module …                 with a module that changes the lengths of what clients say
//   sim --fingerprints [--count N] [--from SEED]
//                                  runs N scenarios (1000) and prints one number for all packets
//                                  that they replay: it changes when behaviour does
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/sim/world.hh"

namespace {

using tcpcopy::sim::Plan;
using tcpcopy::sim::World;

constexpr int kMaxFailures = 20;

bool with_module = false;

Plan draw_plan(unsigned long long seed) {
  Plan plan = tcpcopy::sim::draw_plan(seed);
  plan.weather.module = with_module;
  return plan;
}

int run_one(unsigned long long seed) {
  World world(draw_plan(seed));
  world.trace();
  const std::string failure = world.run();
  std::printf("seed %llu: %s\n", seed, failure.empty() ? "good" : failure.c_str());
  return failure.empty() ? 0 : 1;
}

struct Totals {
  unsigned long long scenarios = 0;
  unsigned long long events = 0;
  unsigned long long sessions = 0;
  unsigned long long sessions_lost = 0;
  int failed = 0;
};

void run_seed(unsigned long long seed, Totals& totals) {
  World world(draw_plan(seed));
  std::string failure = world.run();
  ++totals.scenarios;
  totals.events += world.events();
  totals.sessions += world.ledger().sessions_opened;
  totals.sessions_lost += world.ledger().sessions_lost_in_all();
  // The same seed gives the same packets: looked at for every hundredth.
  if (failure.empty() && seed % 100 == 0) {
    World again(draw_plan(seed));
    again.run();
    if (again.fingerprint() != world.fingerprint()) failure = "two runs sent different packets";
  }
  if (failure.empty()) return;
  ++totals.failed;
  std::printf("seed %llu: %s\n", seed, failure.c_str());
}

// Until both so many scenarios and so many events were run.
int run_many(unsigned long long from, unsigned long long count, unsigned long long events) {
  const auto started = std::chrono::steady_clock::now();
  Totals totals;
  for (unsigned long long seed = from;
       (totals.scenarios < count || totals.events < events) && totals.failed < kMaxFailures; ++seed)
    run_seed(seed, totals);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  std::printf(
      "%llu scenarios, %llu events, %llu sessions, %llu of them with losses, %d failed, %.1f s\n",
      totals.scenarios, totals.events, totals.sessions, totals.sessions_lost, totals.failed,
      took.count());
  return totals.failed == 0 ? 0 : 1;
}

// What a change that is to change no behaviour is held against.
int print_fingerprints(unsigned long long from, unsigned long long count) {
  std::uint64_t all = 1469598103934665603ULL;  // FNV-1a, over 64 bits at a time
  unsigned long long events = 0;
  for (unsigned long long seed = from; seed < from + count; ++seed) {
    World world(draw_plan(seed));
    world.run();
    all = (all ^ world.fingerprint()) * 1099511628211ULL;
    events += world.events();
  }
  std::printf("%016llx of %llu scenarios, %llu events\n", static_cast<unsigned long long>(all),
              count, events);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  unsigned long long from = 1;
  unsigned long long count = 0;
  unsigned long long events = 0;
  bool fingerprints = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--fingerprints") {
      fingerprints = true;
      continue;
    }
    if (option == "--module") {
      with_module = true;
      continue;
    }
    if (++i == argc) break;
    const unsigned long long value = std::strtoull(argv[i], nullptr, 10);
    if (option == "--seed") return run_one(value);
    if (option == "--from") from = value;
    if (option == "--count") count = value;
    if (option == "--events") events = value;
  }
  if (count == 0 && events == 0) count = 1000;
  if (fingerprints) return print_fingerprints(from, count);
  return run_many(from, count, events);
}
