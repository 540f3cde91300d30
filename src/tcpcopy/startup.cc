// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/startup.hh"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>

#include "tcpcopy/inject/path_mtu.hh"
#include "tcpcopy/session/port_candidates.hh"

namespace tcpcopy::replayer {
namespace {

constexpr std::uint16_t kMaxPortSalt = 511;

}  // namespace

std::uint16_t mtu_to_targets(const options::Options& options) {
  if (options.mtu) return *options.mtu;
  std::uint16_t mtu = session::Settings().mtu;
  for (const TargetRule& rule : options.rules)
    mtu = std::min(mtu, inject::path_mtu(rule.target.address, mtu));
  return mtu;
}

options::Options settled(options::Options options) {
  std::random_device random;
  options.settings.port_salt =
      std::uniform_int_distribution<std::uint16_t>(0, kMaxPortSalt)(random);
  options.settings.mtu = mtu_to_targets(options);
  return options;
}

void log_amplification(const options::Options& options) {
  const unsigned copies = options.settings.copies;
  if (copies == 1) return;
  constexpr std::size_t kPorts = 65536 - session::PortCandidates::kFirst;
  if (options.client_pool.empty()) {
    spdlog::info(
        "-n {}: every client connection becomes {} sessions, from the client's own address: it may "
        "have {} connections at a time to each target; more addresses come with -c",
        copies, copies, kPorts / copies);
    return;
  }
  const std::size_t sessions = options.client_pool.size() * kPorts;
  spdlog::info(
      "-n {}: every client connection becomes {} sessions; the {} addresses of -c allow {} "
      "sessions at a time to each target, of {} client connections",
      copies, copies, options.client_pool.size(), sessions, sessions / copies);
}

}  // namespace tcpcopy::replayer
