// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/path/path_probes.hh"

#include <algorithm>
#include <set>
#include <utility>

#include "common/net/network.hh"
#include "tcpcopy/path/host.hh"

namespace tcpcopy::path {
namespace {

using findings::Finding;
using probe::SynProbe;

// Stands for a client where clients keep their addresses (RFC 2544: for tests of networks).
const Address kSomeClient = Address::parse_v4("198.18.0.1").value();
const Address kLoopbackClient = Address::parse_v4("127.0.0.1").value();

}  // namespace

Address PathProbes::some_client(const options::Options& options) {
  if (!options.client_pool.empty()) return options.client_pool.back();
  return options::any_loopback_target(options) ? kLoopbackClient : kSomeClient;
}

PathProbes::PathProbes(runtime::EventLoop& loop, const options::Options& options, const Ways& ways,
                       const Plan& plan)
    : loop_(loop),
      options_(options),
      ways_(ways),
      plan_(plan),
      began_at_(loop.now()),
      pool_(options) {
  for (const Endpoint& intercept : options.returns.intercepts)
    intercepts_.push_back(std::make_unique<ConnectProbe>(loop, intercept));
  for (const TargetRule& rule : options.rules)
    add_target(rule.target);
}

template <typename Targets, typename Action>
void PathProbes::each_probe(Targets& targets, Action action) {
  for (auto& target : targets) {
    if (target.client) action(*target.client);
    if (target.intercept) action(*target.intercept);
  }
}

FlowKey PathProbes::flow(const Address& source, const Endpoint& target) {
  constexpr int kTries = 64;
  std::uniform_int_distribution<std::uint16_t> port(50'000, 60'999);
  FlowKey key;
  for (int i = 0; i < kTries; ++i) {
    key = {{source, port(random_)}, target};
    if (!plan_.taken(key)) break;
  }
  return key;
}

void PathProbes::add_target(const Endpoint& endpoint) {
  const auto same = [&](const Target& target) { return target.endpoint == endpoint; };
  if (targets_.size() == kMostTargets || std::any_of(targets_.begin(), targets_.end(), same))
    return;
  Target& target = targets_.emplace_back();
  target.endpoint = endpoint;
  target.normal = std::make_unique<ConnectProbe>(loop_, endpoint);
  std::vector<Seq<space::Replay>> numbers = {draw_number()};
  target.client.emplace(flow(plan_.client, endpoint), numbers.back(), true);
  if (!options_.returns.intercepts.empty()) {
    const Address& assistant = options_.returns.intercepts.front().address;
    if (!assistant.is_loopback() && assistant != endpoint.address) {
      numbers.push_back(draw_number());
      target.intercept.emplace(flow(assistant, endpoint), numbers.back(), false);
    }
  }
  target.leaving = std::make_unique<LeavingWatch>(
      loop_, endpoint, numbers, [this](const Address& source, Seq<space::Replay> seq) {
        each_probe(targets_, [&](SynProbe& probe) { probe.on_leaving(source, seq); });
      });
}

bool PathProbes::take(const Response& response, Instant now) {
  bool taken = false;
  each_probe(targets_, [&](SynProbe& probe) { taken = probe.on_response(response, now) || taken; });
  return taken;
}

bool PathProbes::waits_for_links() const {
  return !ways_.returns.reachable() && loop_.now() < began_at_ + plan_.wait_for_links;
}

void PathProbes::advance() {
  for (const auto& intercept : intercepts_)
    intercept->advance();
  for (Target& target : targets_)
    target.normal->advance();
  if (waits_for_links()) return;
  ask();
  each_probe(targets_, [&](SynProbe& probe) {
    if (!probe.done()) probe.advance(loop_.now(), ways_.packets, ways_.returns);
  });
}

// What the intercepts see: from before the first SYN on, so that they watch, to behind the last.
void PathProbes::ask() {
  if (loop_.now() < ask_at_) return;
  ask_at_ = loop_.now() + kAskPeriod;
  each_probe(targets_, [&](const SynProbe& probe) { ways_.returns.ask(probe.flow()); });
}

// Of several intercepts what that one has told which saw most.
std::optional<probe::Sight> PathProbes::sight_of(const SynProbe& probe) const {
  std::optional<probe::Sight> sight;
  for (const auto& [intercept, tell] : ways_.returns.told(probe.flow())) {
    const auto seen = [](const auto& of) { return std::pair(of.captured, of.came.value_or(0)); };
    if (sight && seen(*sight) >= seen(tell)) continue;
    sight = probe::Sight{tell.captured, tell.came, tell.takes, tell.forwards};
  }
  return sight;
}

bool PathProbes::done() const {
  bool done = true;
  for (const auto& intercept : intercepts_)
    done = done && intercept->result();
  for (const Target& target : targets_)
    done = done && target.normal->result();
  each_probe(targets_, [&](const SynProbe& probe) { done = done && probe.done(); });
  return done;
}

Instant PathProbes::deadline() const {
  Instant deadline = kNever;
  for (const auto& intercept : intercepts_)
    deadline = std::min(deadline, intercept->deadline());
  for (const Target& target : targets_)
    deadline = std::min(deadline, target.normal->deadline());
  if (waits_for_links()) return std::min(deadline, began_at_ + plan_.wait_for_links);
  if (!done()) deadline = std::min(deadline, ask_at_);
  each_probe(targets_,
             [&](const SynProbe& probe) { deadline = std::min(deadline, probe.deadline()); });
  return deadline;
}

probe::Way PathProbes::way_of(const Target& target) const {
  probe::Way way;
  way.target = target.endpoint;
  if (target.normal->result()) way.normal = *target.normal->result();
  way.client = target.client->flow();
  way.probed = target.client->result();
  way.sight = sight_of(*target.client);
  way.clients = options_.client_pool.empty() ? "CLIENTS" : net::network_of(options_.client_pool);
  if (target.intercept) {
    way.from_intercept = target.intercept->result();
    way.sight_from_intercept = sight_of(*target.intercept);
    way.intercept = options_.returns.intercepts.front().address;
  }
  way.leaving_is_seen = target.leaving->watches();
  const std::string refused = ways_.injector.refusals();
  if (!refused.empty() && !way.probed.left_as) way.refused = refused;
  return way;
}

void PathProbes::report(findings::Report& to) const {
  for (Finding& finding : look_at_host(options_, pool_))
    to.add(std::move(finding));
  for (const auto& intercept : intercepts_)
    to.add(probe::judge_intercept(intercept->peer(),
                                  intercept->result().value_or(probe::Connected())));
  const bool reachable = !to.broken();
  for (const Target& target : targets_) {
    for (Finding& finding : probe::diagnose(way_of(target))) {
      // Without a link nothing can come back.
      if (!reachable && finding.code.number >= findings::kNothingComesBack.number) {
        finding = probe::skipped(finding.hop);
      }
      to.add(std::move(finding));
    }
  }
  say_what_was_assumed(to);
}

void PathProbes::say_what_was_assumed(findings::Report& to) const {
  const findings::Finding* broken = to.first_broken();
  if (broken != nullptr && broken->code.number >= findings::kNothingComesBack.number &&
      !targets_.empty()) {
    to.show_elsewhere("the target", probe::looks_at_target(way_of(targets_.front())));
  }
  const std::string client = plan_.client.to_string();
  if (options_.client_pool.empty()) {
    to.assume(client +
              " stands for the clients, who keep their addresses without -c; CLIENTS is "
              "their network, or default");
  } else if (options_.client_pool.size() > 1) {
    to.assume(client + " stands for all addresses of -c");
  }
  if (intercepts_.size() > 1) {
    to.assume(
        "the first intercept's address stands for the assistants; whether each of them sees "
        "its targets' answers is not known");
  }
  to.leave_out(
      "requests: no byte is sent, so packets that are too long for a router on the way, "
      "and what the server makes of them, show in the replay alone");
  const auto distinct = [&] {
    std::set<Endpoint> targets;
    for (const TargetRule& rule : options_.rules)
      targets.insert(rule.target);
    return targets.size();
  }();
  if (distinct > targets_.size()) {
    to.leave_out(std::to_string(distinct - targets_.size()) + " further targets of -x");
  }
}

}  // namespace tcpcopy::path
