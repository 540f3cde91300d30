// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/check/checker.hh"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "common/net/network.hh"
#include "common/runtime/errors.hh"
#include "tcpcopy/check/connect_probe.hh"
#include "tcpcopy/check/host.hh"
#include "tcpcopy/check/leaving_watch.hh"
#include "tcpcopy/probe/diagnosis.hh"
#include "tcpcopy/probe/syn_probe.hh"
#include "tcpcopy/startup.hh"
#include "tcpcopy/ways.hh"

namespace tcpcopy::check {
namespace {

using namespace std::chrono_literals;
using findings::Finding;
using findings::Verdict;
using probe::SynProbe;

constexpr Duration kCaptureTime = 3s;
constexpr Duration kLinkTime = 3s;  // until a link is there, or there is none
constexpr Duration kMostTime = 10s;
constexpr std::size_t kMostTargets = 8;
// Stands for a client where clients keep their addresses (RFC 2544: for tests of networks).
const Address kSomeClient = Address::parse_v4("198.18.0.1").value();

// What is captured meanwhile is counted, and goes nowhere.
struct Counted : ClientSink {
  void on_segment(const ClientSegment&, const Endpoint&, Instant) override { ++packets; }
  void on_datagram(const Datagram&, const Endpoint&, Instant) override { ++packets; }
  std::uint64_t packets = 0;
};

// The probes of one target.
struct Target {
  Endpoint endpoint;
  std::unique_ptr<ConnectProbe> normal;
  std::optional<SynProbe> client;
  std::optional<SynProbe> intercept;
  std::unique_ptr<LeavingWatch> leaving;
};

class Checker : public ResponseSink {
 public:
  explicit Checker(const options::Options& options) : options_(options), ways_(loop_, options_) {}

  findings::Report run();

  void on_response(const Response& response, Instant now) override {
    each_probe([&](SynProbe& probe) { probe.on_response(response, now); });
  }

 private:
  template <typename Action>
  void each_probe(Action action) {
    for (Target& target : targets_) {
      if (target.client) action(*target.client);
      if (target.intercept) action(*target.intercept);
    }
  }

  void add_target(const Endpoint& endpoint);
  FlowKey flow(const Address& source, const Endpoint& target);
  void begin();
  void advance();
  void advance_syns();
  Instant deadline();
  bool done();
  findings::Report report();
  Finding judge_capture() const;
  probe::Way way_of(const Target& target);
  Seq<space::Replay> draw_number() { return Seq<space::Replay>(random_()); }

  options::Options options_;
  runtime::EventLoop loop_;
  replayer::Ways ways_;
  std::random_device random_;
  Counted counted_;
  std::vector<std::unique_ptr<ConnectProbe>> intercepts_;
  std::deque<Target> targets_;
  std::vector<runtime::Watch> watches_;
  Instant began_at_ = kNever;
};

FlowKey Checker::flow(const Address& source, const Endpoint& target) {
  std::uniform_int_distribution<std::uint16_t> port(50'000, 60'999);
  return {{source, port(random_)}, target};
}

void Checker::add_target(const Endpoint& endpoint) {
  const auto same = [&](const Target& target) { return target.endpoint == endpoint; };
  if (targets_.size() == kMostTargets || std::any_of(targets_.begin(), targets_.end(), same))
    return;
  Target& target = targets_.emplace_back();
  target.endpoint = endpoint;
  target.normal = std::make_unique<ConnectProbe>(loop_, endpoint);
  const Address client = options_.client_pool.empty() ? kSomeClient : options_.client_pool.back();
  target.client.emplace(flow(client, endpoint), draw_number(), true);
  if (!options_.returns.intercepts.empty()) {
    const Address& assistant = options_.returns.intercepts.front().address;
    if (!assistant.is_loopback() && assistant != endpoint.address) {
      target.intercept.emplace(flow(assistant, endpoint), draw_number(), false);
    }
  }
  target.leaving = std::make_unique<LeavingWatch>(
      loop_, endpoint, [this](const Address& source, Seq<space::Replay> seq) {
        each_probe([&](SynProbe& probe) { probe.on_leaving(source, seq); });
      });
}

void Checker::advance_syns() {
  const Instant now = loop_.now();
  if (!ways_.returns().reachable() && now < began_at_ + kLinkTime) return;
  each_probe([&](SynProbe& probe) {
    if (!probe.done()) probe.advance(now, ways_.outbox(), ways_.returns());
  });
}

// In the loop, so that its clock is right.
void Checker::begin() {
  began_at_ = loop_.now();
  for (const Endpoint& intercept : options_.returns.intercepts)
    intercepts_.push_back(std::make_unique<ConnectProbe>(loop_, intercept));
  for (const TargetRule& rule : options_.rules)
    add_target(rule.target);
  ways_.returns().start(*this);
}

void Checker::advance() {
  if (began_at_ == kNever) begin();
  for (const auto& intercept : intercepts_)
    intercept->advance();
  for (Target& target : targets_)
    target.normal->advance();
  advance_syns();
  ways_.outbox().flush();
  ways_.returns().news();
  ways_.returns().end_wake_up([] { return Standing(); }, loop_.now());
  if (done()) loop_.stop();
}

bool Checker::done() {
  const Instant now = loop_.now();
  if (now >= began_at_ + kMostTime) return true;
  if (now < began_at_ + kCaptureTime) return false;
  bool done = true;
  for (const auto& intercept : intercepts_)
    done = done && intercept->result();
  for (const Target& target : targets_)
    done = done && target.normal->result();
  each_probe([&](const SynProbe& probe) { done = done && probe.done(); });
  return done;
}

Instant Checker::deadline() {
  if (began_at_ == kNever) return loop_.now();
  Instant deadline =
      loop_.now() < began_at_ + kCaptureTime ? began_at_ + kCaptureTime : began_at_ + kMostTime;
  for (const auto& intercept : intercepts_)
    deadline = std::min(deadline, intercept->deadline());
  for (const Target& target : targets_)
    deadline = std::min(deadline, target.normal->deadline());
  if (!ways_.returns().reachable() && loop_.now() < began_at_ + kLinkTime) {
    return std::min(deadline, began_at_ + kLinkTime);
  }
  each_probe([&](const SynProbe& probe) { deadline = std::min(deadline, probe.deadline()); });
  return deadline;
}

Finding Checker::judge_capture() const {
  Finding finding{Verdict::kPass,
                  "packets of clients are captured",
                  fmt::format("{} in {} s", counted_.packets, kCaptureTime / 1s),
                  {},
                  ""};
  if (counted_.packets > 0 || options_.capture.way == capture::Settings::Way::kFile) {
    return finding;
  }
  finding.verdict = Verdict::kWarn;
  finding.detail += "; " + options::describe_capture(options_);
  finding.code = findings::kNothingCaptured;
  finding.mend = "on this host: tcpdump -ni any '" + options::capture_filter(options_) +
                 "' while clients talk to the online server";
  return finding;
}

probe::Way Checker::way_of(const Target& target) {
  probe::Way way;
  way.target = target.endpoint;
  if (target.normal->result()) way.normal = *target.normal->result();
  way.client = target.client->flow();
  way.probed = target.client->result();
  way.clients = options_.client_pool.empty() ? "CLIENTS" : net::network_of(options_.client_pool);
  if (target.intercept) {
    way.from_intercept = target.intercept->result();
    way.intercept = options_.returns.intercepts.front().address;
  }
  way.leaving_is_seen = target.leaving->watches();
  const std::string refused = ways_.injector().refusals();
  if (!refused.empty()) way.refused = refused;
  return way;
}

findings::Report Checker::report() {
  findings::Report report;
  report.add({Verdict::kPass, "this host may capture and send", "", {}, ""});
  report.add(judge_capture());
  for (Finding& finding : look_at_host(options_))
    report.add(std::move(finding));
  for (const auto& intercept : intercepts_)
    report.add(probe::judge_intercept(intercept->peer(),
                                      intercept->result().value_or(probe::Connected())));
  const bool reachable = !report.broken();
  for (const Target& target : targets_) {
    for (Finding& finding : probe::diagnose(way_of(target))) {
      // Without a link nothing can come back.
      if (!reachable && finding.code.number >= findings::kNothingComesBack.number) {
        finding = probe::skipped(finding.hop);
      }
      report.add(std::move(finding));
    }
  }
  return report;
}

findings::Report Checker::run() {
  for (const int fd : ways_.intake().descriptors())
    watches_.push_back(loop_.watch(
        fd, EPOLLIN, [this](std::uint32_t) { ways_.intake().read_batch(loop_.now(), counted_); }));
  loop_.at_end_of_wake_up([this] { advance(); });
  loop_.wake_by([this] { return deadline(); });
  loop_.run();
  return report();
}

}  // namespace

int check(const options::Options& options) {
  spdlog::set_level(spdlog::level::off);  // what the rooms say is for a daemon's log
  options::Options settled = replayer::settled(options);
  settled.returns.links_per_intercept = 1;
  findings::Report report;
  try {
    report = Checker(settled).run();
  } catch (const runtime::SystemError& error) {
    report.add({Verdict::kFail, "this host may capture and send", error.what(),
                findings::kNotAllowed,
                "on this host: as root, or setcap cap_net_raw=ep on the program"});
  }
  std::fputs(to_string(report, settled.json).c_str(), stdout);
  if (!settled.json && settled.client_pool.empty()) {
    std::printf(
        "assumed: %s stands for the clients, who keep their addresses without -c; CLIENTS is their "
        "network, or default\n",
        kSomeClient.to_string().c_str());
  }
  return report.exit_status();
}

}  // namespace tcpcopy::check
