// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/check/host.hh"

#include <fmt/format.h>
#include <net/if.h>

#include <array>
#include <exception>
#include <fstream>
#include <optional>

#include "common/runtime/socket.hh"
#include "tcpcopy/inject/path_lookup.hh"
#include "tcpcopy/inject/path_mtu.hh"
#include "tcpcopy/pool_check.hh"

namespace tcpcopy::check {
namespace {

using findings::Finding;
using findings::Verdict;

constexpr std::uint64_t kNearlyFull = 90;  // percent

std::optional<std::uint64_t> kernel_number(const char* path) {
  std::ifstream file(path);
  std::uint64_t number = 0;
  if (file >> number) return number;
  return std::nullopt;
}

Finding look_at_route(const Address& target) {
  Finding finding{Verdict::kFail, "this host has a route to " + target.to_string(), "", {}, ""};
  const auto route = inject::route_to(target, 0);
  if (!route) {
    finding.code = findings::kNoRouteToTarget;
    finding.mend = "on this host: ip route get " + target.to_string();
    return finding;
  }
  std::array<char, IF_NAMESIZE> name{};
  const bool named = ::if_indextoname(static_cast<unsigned>(route->device), name.data()) != nullptr;
  finding.verdict = Verdict::kPass;
  finding.detail =
      fmt::format("{}{}packets of {} bytes", named ? "by " + std::string(name.data()) + ", " : "",
                  route->next_hop == target ? "" : "through " + route->next_hop.to_string() + ", ",
                  inject::path_mtu(target, 1500));
  return finding;
}

// Where nothing is tracked there is no such file, and nothing that could be full.
std::optional<Finding> look_at_tracking() {
  const auto count = kernel_number("/proc/sys/net/netfilter/nf_conntrack_count");
  const auto most = kernel_number("/proc/sys/net/netfilter/nf_conntrack_max");
  if (!count || !most || *most == 0) return std::nullopt;
  Finding finding{Verdict::kPass,
                  "connection tracking has room",
                  fmt::format("{} of {} entries", *count, *most),
                  {},
                  ""};
  if (*count * 100 < *most * kNearlyFull) return finding;
  finding.verdict = Verdict::kFail;
  finding.code = findings::kConntrackFull;
  finding.mend =
      fmt::format("on this host: sysctl -w net.netfilter.nf_conntrack_max={}", *most * 4);
  return finding;
}

std::optional<Finding> look_at_pool(const options::Options& options) {
  if (options.client_pool.empty()) return std::nullopt;
  Finding finding{Verdict::kPass, "the addresses of -c are free", "", {}, ""};
  try {
    const auto owners = replayer::known_owners(options, runtime::local_addresses());
    if (owners.empty()) return finding;
    finding.detail = owners.front();
  } catch (const std::exception&) {
    finding.verdict = Verdict::kSkip;
    finding.detail = "this host's own addresses cannot be read";
    return finding;
  }
  finding.verdict = Verdict::kFail;
  finding.code = findings::kAddressIsTaken;
  finding.mend = "here: give -c addresses that nobody has";
  return finding;
}

}  // namespace

std::vector<Finding> look_at_host(const options::Options& options) {
  std::vector<Finding> findings;
  Address last;
  for (const TargetRule& rule : options.rules) {
    if (rule.target.address == last) continue;
    last = rule.target.address;
    findings.push_back(look_at_route(last));
  }
  if (auto finding = look_at_tracking()) findings.push_back(*std::move(finding));
  if (auto finding = look_at_pool(options)) findings.push_back(*std::move(finding));
  return findings;
}

}  // namespace tcpcopy::check
