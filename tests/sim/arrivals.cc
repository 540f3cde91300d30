// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/arrivals.hh"

#include <memory>

#include "tests/sim/places.hh"

namespace tcpcopy::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration kReuseWithin = 60s;  // of ports, from the start
constexpr Duration kBetweenLooks = 1s;

}  // namespace

void Arrivals::expect(std::uint32_t id, const ClientPlan& plan) {
  stage_.after(plan.starts_after, [this, id, &plan] { start(id, plan); });
}

void Arrivals::start(std::uint32_t id, const ClientPlan& plan) {
  Endpoint self = client_endpoint(id);
  if (plan.reuses_ports && !clients_.all().empty()) {
    Client& last = *clients_.all().back();
    if (!can_replace(last)) {
      if (stage_.elapsed() > kReuseWithin) return;  // it never comes
      stage_.after(kBetweenLooks, [this, id, &plan] { start(id, plan); });
      return;
    }
    last.give_up_ports();
    self = last.ends().self;
  }
  const Endpoint online{online_, plan.greeted ? kGreetingPort : kOnlinePort};
  clients_.add(std::make_unique<Client>(stage_, id, Client::Ends{self, online}, plan, to_online_))
      .start();
}

// Its FIN has been acknowledged for a while, or it has aborted.
bool Arrivals::can_replace(const Client& last) const {
  return last.tcp().finished() && stage_.now() >= tap_.last_end() + 1s;
}

}  // namespace tcpcopy::sim
