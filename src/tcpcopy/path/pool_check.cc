// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/path/pool_check.hh"

#include <fmt/format.h>
#include <net/if.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "common/findings/codes.hh"
#include "common/runtime/socket.hh"
#include "common/runtime/unique_fd.hh"
#include "tcpcopy/inject/path_lookup.hh"

namespace tcpcopy::path {
namespace {

// Those that clients are given first. More would look like a scan to whoever guards the network.
constexpr std::size_t kAsked = 8;

// On others the kernel needs to ask nobody, and has an entry for every address.
bool resolves_addresses(int device) {
  const runtime::UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  if (!fd || ::if_indextoname(static_cast<unsigned>(device), &request.ifr_name[0]) == nullptr ||
      ::ioctl(fd.get(), SIOCGIFFLAGS, &request) != 0) {
    return false;
  }
  return (static_cast<unsigned short>(request.ifr_flags) & (IFF_NOARP | IFF_LOOPBACK)) == 0;
}

bool contains(const std::vector<Address>& addresses, const Address& address) {
  return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

}  // namespace

std::vector<std::string> known_owners(const options::Options& options,
                                      const std::vector<Address>& local_addresses) {
  std::vector<std::string> warnings;
  const auto warn = [&](const Address& address, std::string_view why) {
    warnings.push_back(fmt::format("-c contains {}, {}; take addresses that nobody has",
                                   address.to_string(), why));
  };
  // With --responses the host's own address is one of the ways that the deployment guide shows.
  if (options.returns.devices.empty()) {
    for (const Address& address : local_addresses)
      if (contains(options.client_pool, address)) {
        warn(address,
             "an address of this host: answers that come here are reset by its kernel, and an "
             "intercept on the target cannot answer tcpcopy");
      }
  }
  for (const Endpoint& intercept : options.returns.intercepts) {
    if (contains(options.client_pool, intercept.address)) {
      warn(intercept.address,
           "the address of an intercept: its kernel resets what is replayed from there");
    }
  }
  return warnings;
}

PoolQuestion::PoolQuestion(const options::Options& options) {
  const auto& pool = options.client_pool;
  for (std::size_t i = 0; i < std::min(pool.size(), kAsked); ++i) {
    const auto route = inject::route_to(pool[i], 0);
    if (!route || route->loopback || route->next_hop != pool[i]) continue;
    if (!resolves_addresses(route->device)) continue;
    inject::ask_for_neighbour(pool[i]);
    asked_.push_back({pool[i], route->device});
  }
}

std::vector<std::string> PoolQuestion::owners() const {
  std::vector<std::string> warnings;
  for (const Neighbour& one : asked_) {
    if (!inject::neighbour(one.device, one.address)) continue;
    warnings.push_back(fmt::format(
        "-c contains {}, which a host in this segment has: its kernel resets what is replayed from "
        "there, and the target cannot answer it; take addresses that nobody has",
        one.address.to_string()));
  }
  return warnings;
}

runtime::Timer check_client_pool(runtime::EventLoop& loop, const options::Options& options) {
  if (options.client_pool.empty()) return {};
  const auto warn = [](const std::string& owner) {
    spdlog::warn("[{}] {}", to_string(findings::kAddressIsTaken), owner);
  };
  try {
    for (const std::string& owner : known_owners(options, runtime::local_addresses()))
      warn(owner);
    return loop.after(PoolQuestion::kTimeToAnswer, [warn, question = PoolQuestion(options)] {
      for (const std::string& owner : question.owners())
        warn(owner);
    });
  } catch (const std::exception&) {  // what cannot be found out is not said
    return {};
  }
}

}  // namespace tcpcopy::path
