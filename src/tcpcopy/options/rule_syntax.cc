// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/options/rule_syntax.hh"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "common/runtime/errors.hh"
#include "common/runtime/option_values.hh"

namespace tcpcopy::options {
namespace {

using runtime::parse_address;
using runtime::parse_number;
using runtime::parse_port;
using runtime::split_list;
using runtime::UsageError;

constexpr std::size_t kMaxIntercepts = 32;
constexpr std::size_t kMaxPool = 4096;
constexpr std::string_view kRuleForm = "expected [onlineIP:]onlinePort-targetIP:targetPort";

// Takes a trailing @MAC off.
std::optional<MacAddress> take_mac(std::string_view rule, std::string_view& side) {
  const std::size_t at = side.find('@');
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view text = side.substr(at + 1);
  side = side.substr(0, at);
  if (const auto address = MacAddress::parse(text)) return address;
  throw UsageError(
      fmt::format("-x '{}': '{}' is not a MAC address such as 02:00:00:00:00:01", rule, text));
}

// Names of hosts have dashes too: the one between the sides stands behind the online port.
std::size_t find_dash(std::string_view rule) {
  for (std::size_t at = rule.find('-'); at != std::string_view::npos; at = rule.find('-', at + 1)) {
    std::string_view online = rule.substr(0, at);
    online = online.substr(0, online.find('@'));
    const std::string_view port = online.substr(online.rfind(':') + 1);
    if (!port.empty() && port.find_first_not_of("0123456789") == std::string_view::npos) return at;
  }
  return rule.find('-');
}

TargetRule parse_rule(std::string_view text, const HostParser& host) {
  const std::size_t dash = find_dash(text);
  if (dash == std::string_view::npos) {
    throw UsageError(fmt::format("-x '{}': no '-' between online and target; {}", text, kRuleForm));
  }
  TargetRule rule;
  std::string_view online = text.substr(0, dash);
  std::string_view target = text.substr(dash + 1);
  rule.source_mac = take_mac(text, online);
  rule.next_hop_mac = take_mac(text, target);
  const std::string what = fmt::format("-x '{}'", text);

  const std::size_t online_colon = online.rfind(':');
  if (online_colon == std::string_view::npos) {
    rule.online_port = parse_port(what + ": the online port", online);
  } else {
    rule.online_address = host(what + ": the online address", online.substr(0, online_colon));
    rule.online_port = parse_port(what + ": the online port", online.substr(online_colon + 1));
  }
  const std::size_t target_colon = target.rfind(':');
  if (target_colon == std::string_view::npos) {
    throw UsageError(fmt::format("{}: the target has no port; {}", what, kRuleForm));
  }
  rule.target.address = host(what + ": the target address", target.substr(0, target_colon));
  rule.target.port = parse_port(what + ": the target port", target.substr(target_colon + 1));
  return rule;
}

void add_range(std::vector<Address>& pool, std::uint32_t first, std::uint32_t last,
               std::string_view text) {
  if (last - first >= kMaxPool || pool.size() + (last - first) >= kMaxPool) {
    throw UsageError(fmt::format("-c '{}': more than {} addresses", text, kMaxPool));
  }
  for (std::uint32_t i = 0; i <= last - first; ++i)  // last may be the highest number there is
    pool.push_back(Address::v4(first + i));
}

void add_item(std::vector<Address>& pool, std::string_view item, std::string_view text) {
  const std::string what = fmt::format("-c '{}'", item);
  if (item.ends_with(".x")) {
    const std::string net = std::string(item.substr(0, item.size() - 1)) + "0";
    const std::uint32_t bits = parse_address(what, net).v4_bits();
    add_range(pool, bits + 1, bits + 254, text);
    return;
  }
  const std::size_t slash = item.find('/');
  if (slash == std::string_view::npos) {
    const std::uint32_t bits = parse_address(what, item).v4_bits();
    add_range(pool, bits, bits, text);
    return;
  }
  const std::uint32_t bits = parse_address(what, item.substr(0, slash)).v4_bits();
  const auto prefix =
      static_cast<unsigned>(parse_number(what + ": the prefix", item.substr(slash + 1), 16, 32));
  const std::uint32_t hosts = prefix == 32 ? 0 : UINT32_MAX >> prefix;
  const std::uint32_t first = bits & ~hosts;
  const bool has_broadcast = prefix < 31;  // RFC 3021: a /31 has none
  add_range(pool, first + (has_broadcast ? 1 : 0), first + hosts - (has_broadcast ? 1 : 0), text);
}

}  // namespace

std::vector<TargetRule> parse_rules(std::string_view text, const HostParser& host) {
  std::vector<TargetRule> rules;
  for (const std::string_view rule : split_list(text))
    rules.push_back(parse_rule(rule, host));
  if (rules.empty()) throw UsageError(fmt::format("-x is empty; {}", kRuleForm));
  return rules;
}

std::vector<Endpoint> parse_intercepts(std::string_view text, std::uint16_t default_port,
                                       const HostParser& host) {
  std::vector<Endpoint> intercepts;
  for (const std::string_view item : split_list(text)) {
    const std::string what = fmt::format("-s '{}'", item);
    const std::size_t colon = item.rfind(':');
    const std::uint16_t port = colon == std::string_view::npos
                                   ? default_port
                                   : parse_port(what + ": the port", item.substr(colon + 1));
    intercepts.push_back({host(what, item.substr(0, colon)), port});
  }
  if (intercepts.empty()) throw UsageError("-s is empty; expected interceptIP[:port],...");
  if (intercepts.size() > kMaxIntercepts) {
    throw UsageError(fmt::format("-s: {} intercepts given, at most {} are accepted",
                                 intercepts.size(), kMaxIntercepts));
  }
  return intercepts;
}

std::vector<Address> parse_client_pool(std::string_view text,
                                       const std::vector<TargetRule>& rules) {
  std::vector<Address> pool;
  for (const std::string_view item : split_list(text))
    add_item(pool, item, text);
  const auto is_target = [&](const Address& address) {
    return std::any_of(rules.begin(), rules.end(),
                       [&](const TargetRule& rule) { return rule.target.address == address; });
  };
  std::erase_if(pool, is_target);
  if (pool.empty()) throw UsageError(fmt::format("-c '{}': no address is left to be used", text));
  return pool;
}

}  // namespace tcpcopy::options
