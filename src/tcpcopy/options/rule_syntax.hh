// SPDX-License-Identifier: BSD-3-Clause
// The values of -x, -s and -c. Each function throws UsageError with one line that says what is
// wrong, what was given and what is accepted.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "common/runtime/option_values.hh"
#include "tcpcopy/address.hh"
#include "tcpcopy/rules.hh"

namespace tcpcopy::options {

/// Turns what stands for a host into its address. Throws UsageError; `what` names the option.
using HostParser = std::function<Address(std::string_view what, std::string_view text)>;

/// -x: `[onlineIP:]onlinePort[@sourceMAC]-targetIP:targetPort[@nextHopMAC],…`.
std::vector<TargetRule> parse_rules(std::string_view text,
                                    const HostParser& host = runtime::parse_address);

/// -s: `IP[:port],…`, at most 32.
std::vector<Endpoint> parse_intercepts(std::string_view text, std::uint16_t default_port,
                                       const HostParser& host = runtime::parse_address);

/// -c: `a.b.c.x` (.1 to .254), `a.b.c.d/prefix` (its host addresses), single addresses, in a list;
/// at most 4096 addresses in all.
/// @param rules whose targets' addresses are left out: a target does not answer to itself.
std::vector<Address> parse_client_pool(std::string_view text, const std::vector<TargetRule>& rules);

}  // namespace tcpcopy::options
