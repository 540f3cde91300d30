// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/path/host.hh"

#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/runtime/kernel_number.hh"
#include "common/runtime/socket.hh"
#include "tcpcopy/inject/path_lookup.hh"
#include "tcpcopy/inject/path_mtu.hh"
#include "tcpcopy/path/pool_check.hh"

namespace tcpcopy::path {
namespace {

using findings::Finding;
using findings::Verdict;

constexpr std::uint64_t kNearlyFull = 90;  // percent

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
  const auto count = runtime::kernel_number("/proc/sys/net/netfilter/nf_conntrack_count");
  const auto most = runtime::kernel_number("/proc/sys/net/netfilter/nf_conntrack_max");
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

// -M says more than the route takes: whole segments would be refused, or lost on the way.
std::optional<Finding> look_at_mtu(const options::Options& options, const Address& target) {
  if (!options.mtu) return std::nullopt;
  const std::uint16_t route = inject::path_mtu(target, *options.mtu);
  Finding finding{Verdict::kPass, "-M fits the route to " + target.to_string(), "", {}, ""};
  if (*options.mtu <= route) return finding;
  finding.verdict = Verdict::kFail;
  finding.detail = fmt::format("-M says {}, the route takes {} bytes", *options.mtu, route);
  finding.code = findings::kMtuTooLarge;
  finding.mend = fmt::format("here: leave -M out, or give -M {}", route);
  return finding;
}

// Where the target is this host itself packets of clients come in by the loopback device, whose
// filter drops what would be answered by another one.
std::optional<Finding> look_at_reverse_path(const Address& target,
                                            const std::vector<Address>& local_addresses) {
  const bool here =
      std::find(local_addresses.begin(), local_addresses.end(), target) != local_addresses.end();
  if (!here || target.is_loopback()) return std::nullopt;
  Finding finding{Verdict::kPass, "this host, the target, accepts clients from itself", "", {}, ""};
  // The greater of the two counts; 1 is strict, 2 asks only that there be a route.
  const auto all = runtime::kernel_number("/proc/sys/net/ipv4/conf/all/rp_filter");
  const auto loopback = runtime::kernel_number("/proc/sys/net/ipv4/conf/lo/rp_filter");
  if (std::max(all.value_or(0), loopback.value_or(0)) != 1) return finding;
  finding.verdict = Verdict::kFail;
  finding.detail = "its reverse path filter drops them";
  finding.code = findings::kReversePathFilter;
  finding.mend = "on this host: sysctl -w net.ipv4.conf.all.rp_filter=2";
  return finding;
}

std::optional<Finding> look_at_pool(const options::Options& options,
                                    const std::vector<Address>& local_addresses,
                                    const PoolQuestion& pool) {
  if (options.client_pool.empty()) return std::nullopt;
  Finding finding{Verdict::kPass, "the addresses of -c are free", "", {}, ""};
  std::vector<std::string> owners = known_owners(options, local_addresses);
  if (owners.empty()) owners = pool.owners();
  if (owners.empty()) return finding;
  finding.detail = owners.front();
  finding.verdict = Verdict::kFail;
  finding.code = findings::kAddressIsTaken;
  finding.mend = "here: give -c addresses that nobody has";
  return finding;
}

std::vector<Address> addresses_of_this_host() {
  try {
    return runtime::local_addresses();
  } catch (const std::exception&) {  // what cannot be found out is not said
    return {};
  }
}

}  // namespace

std::vector<Finding> look_at_host(const options::Options& options, const PoolQuestion& pool) {
  const std::vector<Address> local_addresses = addresses_of_this_host();
  std::vector<Finding> findings;
  const auto add = [&](std::optional<Finding> finding) {
    if (finding) findings.push_back(*std::move(finding));
  };
  Address last;
  for (const TargetRule& rule : options.rules) {
    if (rule.target.address == last) continue;
    last = rule.target.address;
    add(look_at_route(last));
    add(look_at_mtu(options, last));
    add(look_at_reverse_path(last, local_addresses));
  }
  add(look_at_tracking());
  add(look_at_pool(options, local_addresses, pool));
  return findings;
}

}  // namespace tcpcopy::path
