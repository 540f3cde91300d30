// SPDX-License-Identifier: BSD-3-Clause
// Short conversations, in which every single packet is dropped, doubled, and swapped with the next,
// on every path; and every pair of packets dropped. The peers are the simulator's, so they react.
//
// What the network does to packets costs nothing but time: the target reads the client's bytes,
// once, on one connection, and nothing is lost. What capture misses costs the requests that it cut,
// and those are counted.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/sim/world.hh"

namespace tcpcopy::sim {
namespace {

using session::LossReason;
using Kind = Tampering::Kind;

Request ask(std::uint32_t number, std::uint32_t body, std::uint32_t response) {
  return {1, number, body, response};
}
Act send(std::vector<Request> requests) { return {Act::Kind::kSend, std::move(requests), 0}; }
Act just(Act::Kind kind) { return {kind, {}, 0}; }
Act pause(std::int64_t ms) { return {Act::Kind::kPause, {}, ms}; }

const Act kAwait = just(Act::Kind::kAwait);
const Act kClose = just(Act::Kind::kClose);
const Act kAbort = just(Act::Kind::kAbort);

struct Trace {
  const char* name;
  bool greeted;
  std::vector<Act> script;
  Offers offers = {};            // of both sides
  std::uint64_t garbled_by = 0;  // a module changes the lengths, as this seed has it; 0: none
};

const Trace kTraces[] = {
    {"OneRequest", false, {send({ask(0, 0, 100)}), kAwait, kClose}},
    {"KeepAlive",
     false,
     {send({ask(0, 0, 100)}), kAwait, send({ask(1, 0, 900)}), kAwait, send({ask(2, 50, 20)}),
      kAwait, kClose}},
    {"Pipelined",
     false,
     {send({ask(0, 400, 100), ask(1, 400, 700), ask(2, 400, 50)}), kAwait,
      send({ask(3, 0, 10), ask(4, 0, 10)}), kAwait, kClose}},
    {"Upload", false, {send({ask(0, 2400, 40)}), kAwait, send({ask(1, 0, 40)}), kAwait, kClose}},
    {"UploadWithOptions",
     false,
     {send({ask(0, 2400, 40)}), kAwait, send({ask(1, 900, 1300)}), kAwait, kClose},
     {true, true, true}},
    {"Download", false, {send({ask(0, 0, 2600)}), kAwait, send({ask(1, 0, 40)}), kAwait, kClose}},
    {"Greeted", true, {send({ask(0, 0, 100)}), kAwait, send({ask(1, 0, 30)}), kAwait, kClose}},
    {"HalfClose", false, {send({ask(0, 600, 1200)}), kClose}},
    {"ServerCloses",
     false,
     {send({ask(0, 0, 100)}), kAwait, send({ask(1, 0, Request::kBye)}), kClose}},
    {"Abort", false, {send({ask(0, 0, 100)}), kAwait, send({ask(1, 0, 700)}), kAwait, kAbort}},
    {"Idle",
     false,
     {send({ask(0, 0, 100)}), kAwait, pause(2000), just(Act::Kind::kKeepAlive), pause(500),
      send({ask(1, 0, 100)}), kAwait, pause(100), kClose}},
};

constexpr std::uint32_t kNears[] = {0x12345678U, 0x7ffffffeU, 0xfffffffeU};

struct PathName {
  PathId path;
  const char* name;
};
constexpr PathName kPathNames[] = {{PathId::kClientOnline, "client to online"},
                                   {PathId::kOnlineClient, "online to client"},
                                   {PathId::kCapture, "capture"},
                                   {PathId::kOnlineTarget, "online to target"},
                                   {PathId::kTargetAssistant, "target to assistant"}};
constexpr const char* kKindNames[] = {"dropped", "doubled", "swapped"};

Plan plan_of(const Trace& trace, std::uint32_t near) {
  Plan plan;
  plan.near = near;
  plan.weather.target_offers = trace.offers;
  plan.weather.module = trace.garbled_by > 0;
  if (plan.weather.module) plan.seed = trace.garbled_by;
  plan.clients.push_back({Duration(0), trace.greeted, trace.offers, trace.script});
  return plan;
}

std::string to_string(const Plan& plan) {
  std::string text;
  for (const Tampering& tampering : plan.tamperings) {
    text += "packet " + std::to_string(tampering.index) + " of " +
            kPathNames[static_cast<std::size_t>(tampering.path)].name + ' ' +
            kKindNames[static_cast<std::size_t>(tampering.kind)] + "; ";
  }
  return text;
}

// A connection whose SYN was not captured is joined with the first packet that is. What stands
// before that in the stream, because it was sent again, is not used.
bool begins_in_the_middle(const Plan& plan) {
  return plan.tampering(PathId::kCapture, 0) == Kind::kDrop &&
         std::any_of(
             plan.tamperings.begin(), plan.tamperings.end(), [](const Tampering& tampering) {
               return tampering.path == PathId::kClientOnline && tampering.kind == Kind::kDrop;
             });
}

// The requests that must have been read: whole in what was captured, and not behind one in the same
// write that was cut, for where a request begins shows at the begin of a write only.
std::string missing_requests(const std::vector<Fate>& fates, bool in_the_middle) {
  std::string missing;
  bool begin_known = false;
  for (const Fate& fate : fates) {
    if (fate.first) begin_known = !std::exchange(in_the_middle, false);
    begin_known = begin_known && fate.captured;
    if (begin_known && !fate.read) missing += ' ' + std::to_string(fate.number);
  }
  return missing.empty() ? missing : "requests that were captured and never read:" + missing;
}

// What is wrong behind a run that all oracles of the simulator were content with.
std::string judge(const World& world, const Plan& plan) {
  const session::Ledger& ledger = world.ledger();
  if (!plan.capture_misses()) {
    if (ledger.lost_in_all().bytes != 0) return "bytes were lost";
    // A client sends its RST once: when the network loses it, nobody learns of the end.
    const bool end_unknown = plan.clients[0].script.back().kind == Act::Kind::kAbort;
    const std::uint64_t idle = ledger.sessions_lost[static_cast<std::size_t>(LossReason::kIdle)];
    if (ledger.sessions_lost_in_all() != (end_unknown ? idle : 0)) return "a session was lost";
    if (ledger.reconnects != 0) return "a session reconnected";
  }
  return missing_requests(world.fates(), begins_in_the_middle(plan));
}

std::string run(const Plan& plan) {
  World world(plan);
  const std::string failure = world.run();
  return failure.empty() ? judge(world, plan) : failure;
}

class SingleFaults : public ::testing::TestWithParam<std::tuple<Trace, std::uint32_t>> {
 protected:
  Plan plan() const { return plan_of(std::get<0>(GetParam()), std::get<1>(GetParam())); }

  // Runs the plan; a failure is shown with its packets, once for each test.
  void expect_good(const Plan& plan) {
    const std::string failure = run(plan);
    if (failure.empty()) return;
    ADD_FAILURE() << to_string(plan) << failure;
    if (std::exchange(shown_, true)) return;
    World again(plan);
    again.trace();
    again.run();
  }

  // Of the conversation to which nothing happens.
  std::array<std::uint64_t, kPaths> packets() {
    World world(plan());
    EXPECT_EQ(world.run(), "");
    EXPECT_EQ(judge(world, plan()), "");
    std::array<std::uint64_t, kPaths> packets{};
    for (const PathName& path : kPathNames)
      packets[static_cast<std::size_t>(path.path)] = world.passed(path.path);
    return packets;
  }

  bool shown_ = false;
};

TEST_P(SingleFaults, EveryPacketDroppedDoubledAndSwapped) {
  const auto counts = packets();
  for (const PathName& path : kPathNames) {
    const std::uint64_t count = counts[static_cast<std::size_t>(path.path)];
    ASSERT_GT(count, 3U) << path.name;
    for (std::uint64_t i = 0; i < count; ++i) {
      for (const Kind kind : {Kind::kDrop, Kind::kDuplicate, Kind::kSwap}) {
        Plan tampered = plan();
        tampered.tamperings = {{path.path, i, kind}};
        expect_good(tampered);
      }
    }
  }
}

using PairsOfFaults = SingleFaults;

TEST_P(PairsOfFaults, EveryPairOfPacketsDropped) {
  const auto counts = packets();
  std::vector<Tampering> drops;
  for (const PathName& path : kPathNames) {
    for (std::uint64_t i = 0; i < counts[static_cast<std::size_t>(path.path)]; ++i)
      drops.push_back({path.path, i, Kind::kDrop});
  }
  for (std::size_t a = 0; a < drops.size(); ++a) {
    for (std::size_t b = a + 1; b < drops.size(); ++b) {
      Plan tampered = plan();
      tampered.tamperings = {drops[a], drops[b]};
      expect_good(tampered);
    }
  }
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<Trace, std::uint32_t>>& info) {
  constexpr const char* kNearNames[] = {"Middle", "Below2To31", "Below2To32"};
  const auto near = std::find(std::begin(kNears), std::end(kNears), std::get<1>(info.param));
  const Trace& trace = std::get<0>(info.param);
  const std::string by = trace.garbled_by > 0 ? std::to_string(trace.garbled_by) : "";
  return trace.name + by + kNearNames[near - std::begin(kNears)];
}

void PrintTo(const Trace& trace, std::ostream* out) { *out << trace.name; }

INSTANTIATE_TEST_SUITE_P(All, SingleFaults,
                         ::testing::Combine(::testing::ValuesIn(kTraces),
                                            ::testing::ValuesIn(kNears)),
                         name_of);
// Each seed makes other messages longer, shorter, cut or moved, the even ones behind a preamble.
std::vector<Trace> garbled(std::uint64_t seeds) {
  std::vector<Trace> traces;
  for (const Trace& trace : kTraces) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
      traces.push_back(trace);
      traces.back().garbled_by = seed;
    }
  }
  return traces;
}

INSTANTIATE_TEST_SUITE_P(Garbled, SingleFaults,
                         ::testing::Combine(::testing::ValuesIn(garbled(6)),
                                            ::testing::Values(kNears[2])),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Garbled, PairsOfFaults,
                         ::testing::Combine(::testing::ValuesIn(garbled(2)),
                                            ::testing::Values(kNears[1])),
                         name_of);
INSTANTIATE_TEST_SUITE_P(All, PairsOfFaults,
                         ::testing::Combine(::testing::ValuesIn(kTraces),
                                            ::testing::Values(kNears[2])),
                         name_of);

}  // namespace
}  // namespace tcpcopy::sim
