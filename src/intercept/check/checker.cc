// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/check/checker.hh"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/findings/finding.hh"
#include "common/runtime/errors.hh"
#include "common/runtime/event_loop.hh"
#include "common/runtime/kernel_number.hh"
#include "common/runtime/socket.hh"
#include "intercept/check/passing_by.hh"

namespace tcpcopy::intercept_check {
namespace {

using namespace std::chrono_literals;
using findings::Finding;
using findings::Verdict;

constexpr Duration kTime = 3s;
constexpr const char* kAnswers = "tcp[13] & 18 = 18";  // SYN and ACK

using Options = intercept_options::InterceptOptions;

Finding look_at_forwarding() {
  Finding finding{Verdict::kPass, "this host sends on nothing", "", {}, ""};
  const auto forwards = runtime::kernel_number("/proc/sys/net/ipv4/ip_forward");
  if (!forwards) {
    finding.verdict = Verdict::kSkip;
    finding.detail = "net.ipv4.ip_forward cannot be read";
  } else if (*forwards != 0) {
    finding.verdict = Verdict::kFail;
    finding.detail = "it forwards: answers go on to whoever has the clients' addresses";
    finding.code = findings::kForwards;
    finding.mend = "here: sysctl -w net.ipv4.ip_forward=0";
  }
  return finding;
}

Finding look_at_port(const Endpoint& listen) {
  Finding finding{Verdict::kPass, "port " + std::to_string(listen.port) + " is free", "", {}, ""};
  try {
    runtime::listen_on(listen);
  } catch (const std::exception&) {
    finding.verdict = Verdict::kWarn;
    finding.detail = "it is taken: by an intercept that runs already, or ss -ltnp tells by whom";
  }
  return finding;
}

std::string names_of(const std::map<Endpoint, std::uint64_t>& answers) {
  std::string names;
  for (const auto& [target, count] : answers)
    names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", target.to_string(), count);
  return names;
}

// What -i and -F bring, and what comes to this host besides.
class Sight {
 public:
  explicit Sight(const Options& options) : options_(options) {
    for (const std::string& device : options.devices)
      wanted_.push_back(std::make_unique<PassingBy>(loop_, device, options.filter));
    all_ = std::make_unique<PassingBy>(loop_, "any", kAnswers);
  }

  Finding look() {
    const runtime::Timer end = loop_.after(kTime, [this] { loop_.stop(); });
    loop_.run();
    std::uint64_t packets = 0;
    std::map<Endpoint, std::uint64_t> taken;
    for (const auto& device : wanted_) {
      packets += device->packets();
      taken.insert(device->answers().begin(), device->answers().end());
    }
    std::map<Endpoint, std::uint64_t> missed = all_->answers();
    std::erase_if(missed, [&](const auto& answer) { return taken.contains(answer.first); });

    Finding finding{Verdict::kPass,
                    "-i and -F bring the targets' answers",
                    fmt::format("{} packets in {} s", packets, kTime / 1s),
                    {},
                    ""};
    if (!taken.empty()) finding.detail += ", connections of " + names_of(taken);
    if (!missed.empty()) {
      finding.verdict = taken.empty() ? Verdict::kFail : Verdict::kWarn;
      finding.detail += "; and answers of " + names_of(missed) + " come that they do not";
      finding.code = findings::kFilterMisses;
      finding.mend =
          fmt::format("here: intercept -i any -F 'tcp and src host {} and src port {}'",
                      missed.begin()->first.address.to_string(), missed.begin()->first.port);
    } else if (taken.empty() && packets == 0) {
      finding.verdict = Verdict::kWarn;
      finding.code = findings::kNoAnswers;
      finding.mend = "on the target: ip route replace CLIENTS via " + own_address() +
                     "; and look again while tcpcopy replays, or while tcpcopy --check runs";
    }
    return finding;
  }

 private:
  static std::string own_address() {
    for (const Address& address : runtime::local_addresses())
      if (!address.is_loopback()) return address.to_string();
    return "this host";
  }

  const Options& options_;
  runtime::EventLoop loop_;
  std::vector<std::unique_ptr<PassingBy>> wanted_;
  std::unique_ptr<PassingBy> all_;
};

}  // namespace

int check(const Options& options) {
  spdlog::set_level(spdlog::level::off);
  findings::Report report;
  std::optional<Sight> sight;
  try {
    sight.emplace(options);
    report.add({Verdict::kPass, "this host may capture on the devices of -i", "", {}, ""});
  } catch (const std::exception& error) {
    report.add(
        {Verdict::kFail, "this host may capture on the devices of -i", error.what(),
         findings::kNotAllowed,
         "here: as root, or setcap cap_net_raw=ep on the program; ip link shows the devices"});
  }
  report.add(look_at_forwarding());
  report.add(look_at_port(options.listen));
  if (sight) report.add(sight->look());
  std::fputs(to_string(report, options.json).c_str(), stdout);
  return report.exit_status();
}

}  // namespace tcpcopy::intercept_check
