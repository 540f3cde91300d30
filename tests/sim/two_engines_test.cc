// SPDX-License-Identifier: BSD-3-Clause
// Two tcpcopies on two online hosts, before one assistant and one target: each gets the responses
// of its own connections, and replays its own clients.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/sim/arrivals.hh"
#include "tests/sim/assistant.hh"
#include "tests/sim/online.hh"
#include "tests/sim/oracles.hh"
#include "tests/sim/places.hh"

namespace tcpcopy::sim {
namespace {

// An online host with what stands around it.
struct Site {
  Site(Stage& stage, Clients& clients, Assistant& assistant, Target& target, const Address& address)
      : from_clients(stage, PathId::kClientOnline),
        to_clients(stage, PathId::kOnlineClient),
        to_tap(stage, PathId::kCapture),
        to_target(stage, PathId::kOnlineTarget),
        channel(stage, assistant, address),
        engine(stage, to_target, channel, target),
        tap(stage, clients, engine),
        online(stage, to_tap, to_clients),
        arrivals(stage, clients, address, from_clients, tap),
        oracles(stage, clients, tap, engine, target) {
    from_clients.lead_to([this](const Packet& packet) { online.on_packet(packet); });
    to_clients.lead_to([&](const Packet& packet) { clients.on_packet(packet); });
    to_tap.lead_to([this](const Packet& packet) { tap.on_packet(packet); });
    to_target.lead_to([&](const Packet& packet) { target.on_packet(packet); });
  }

  Path from_clients, to_clients, to_tap, to_target;
  Channel channel;
  EngineHost engine;
  Tap tap;
  Online online;
  Arrivals arrivals;
  Oracles oracles;
};

class TwoEngines {
 public:
  explicit TwoEngines(Plan plan) : stage_(std::move(plan)) {
    to_assistant_.lead_to([this](const Packet& packet) { assistant_.on_packet(packet); });
    std::uint32_t id = 0;
    for (const ClientPlan& client : stage_.plan().clients) {
      ++id;
      sites_[id % 2].arrivals.expect(id, client);
    }
    if (!stage_.weather().link_breaks) return;
    stage_.after(stage_.draw_milliseconds(1, 1500), [this] { sites_[1].channel.break_link(); });
  }

  std::string run() {
    stage_.run();
    for (Site& site : sites_) {
      site.engine.check_end();
      if (stage_.weather().calm) site.oracles.check_calm();
      site.oracles.check_streams();
    }
    return stage_.failure();
  }

  const session::Ledger& ledger(std::size_t site) const { return sites_[site].engine.ledger(); }
  std::uint64_t responses() const { return to_assistant_.packets(); }
  bool all_was_read() const {
    for (const auto& client : clients_.all()) {
      if (!target_.has_read(*client, 0, client->stream().size())) return false;
    }
    return true;
  }

 private:
  Stage stage_;
  Path to_assistant_{stage_, PathId::kTargetAssistant};
  Clients clients_;
  Target target_{stage_, clients_, to_assistant_};
  Assistant assistant_{stage_};
  Site sites_[2] = {{stage_, clients_, assistant_, target_, kOnlineAddress},
                    {stage_, clients_, assistant_, target_, kOtherOnlineAddress}};
};

constexpr std::uint32_t kClients = 5;

TEST(TwoEngines, EachReplaysItsOwnClients) {
  Plan plan;
  plan.weather.calm = true;
  for (std::uint32_t id = 1; id <= kClients; ++id) {
    ClientPlan client;
    client.greeted = id == kClients;
    for (std::uint32_t number = 0; number < 3; ++number) {
      client.script.push_back({Act::Kind::kSend, {{id, number, 900, 1200}}, 0});
      client.script.push_back({Act::Kind::kAwait, {}, 0});
    }
    client.script.push_back({Act::Kind::kClose, {}, 0});
    plan.clients.push_back(std::move(client));
  }
  TwoEngines world(plan);
  EXPECT_EQ(world.run(), "");
  EXPECT_TRUE(world.all_was_read());
  EXPECT_EQ(world.ledger(0).sessions_completed, 2);
  EXPECT_EQ(world.ledger(1).sessions_completed, 3);
  EXPECT_EQ(world.ledger(0).responses + world.ledger(1).responses, world.responses());
}

// A pool, strangers and ports that are used again are one host's matter.
Plan draw_for_two(std::uint64_t seed) {
  Plan plan = draw_plan(seed);
  plan.weather.pool = plan.weather.forged = plan.weather.target_restarts = false;
  plan.weather.flood = 0;
  Dice dice(seed);
  while (plan.clients.size() < kClients) {
    plan.clients.push_back(plan.clients.front());
    plan.clients.back().script = draw_script(dice, static_cast<std::uint32_t>(plan.clients.size()));
  }
  for (ClientPlan& client : plan.clients)
    client.reuses_ports = false;
  return plan;
}

TEST(TwoEngines, OraclesHoldInAnyWeather) {
  constexpr std::uint64_t kScenarios = 1000;
  for (std::uint64_t seed = 1; seed <= kScenarios; ++seed) {
    EXPECT_EQ(TwoEngines(draw_for_two(seed)).run(), "") << "seed " << seed;
  }
}

}  // namespace
}  // namespace tcpcopy::sim
