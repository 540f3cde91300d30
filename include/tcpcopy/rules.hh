// SPDX-License-Identifier: BSD-3-Clause
// The rules of -x: which connections are replayed, and to which target.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "tcpcopy/address.hh"
#include "tcpcopy/mac_address.hh"

namespace tcpcopy {

struct TargetRule {
  std::optional<Address> online_address;  ///< none: any address of this host
  std::uint16_t online_port = 0;
  Endpoint target;
  std::optional<MacAddress> source_mac{};    ///< for sending at the link layer; none: the device's
  std::optional<MacAddress> next_hop_mac{};  ///< the same; none: looked up
};

class TargetRules {
 public:
  TargetRules() = default;
  explicit TargetRules(std::vector<TargetRule> rules) : rules_(std::move(rules)) {}

  /// @return the target of the first rule that matches; null when none does.
  const Endpoint* target_of(const Endpoint& online) const {
    const auto rule = std::find_if(rules_.begin(), rules_.end(), [&](const TargetRule& r) {
      return r.online_port == online.port &&
             (!r.online_address || *r.online_address == online.address);
    });
    return rule == rules_.end() ? nullptr : &rule->target;
  }

  bool is_target(const Endpoint& endpoint) const {
    return std::any_of(rules_.begin(), rules_.end(),
                       [&](const TargetRule& r) { return r.target == endpoint; });
  }

  const std::vector<TargetRule>& all() const { return rules_; }

 private:
  std::vector<TargetRule> rules_;
};

}  // namespace tcpcopy
