// SPDX-License-Identifier: BSD-3-Clause
// The values of -x, -s and -c. Input: which one, then its text.
#include <string>

#include "common/runtime/errors.hh"
#include "tcpcopy/options/rule_syntax.hh"
#include "tests/fuzz/fuzz.hh"

namespace tcpcopy {
namespace {

using fuzz::require;

std::string text_of(const std::vector<TargetRule>& rules) {
  std::string text;
  for (const TargetRule& rule : rules) {
    if (!text.empty()) text += ',';
    if (rule.online_address) text += rule.online_address->to_string() + ":";
    text += std::to_string(rule.online_port) + "-" + rule.target.to_string();
  }
  return text;
}

void check_rules(std::string_view text) {
  const auto rules = options::parse_rules(text);
  require(!rules.empty(), "there is a rule");
  for (const TargetRule& rule : rules)
    require(rule.online_port != 0 && rule.target.port != 0, "ports are not 0");
  const std::string plain = text_of(rules);
  require(text_of(options::parse_rules(plain)) == plain,
          "rules written plainly are the same rules");
}

void check_intercepts(std::string_view text) {
  const auto intercepts = options::parse_intercepts(text, 36524);
  require(!intercepts.empty() && intercepts.size() <= 32, "there are 1 to 32 intercepts");
  std::string plain;
  for (const Endpoint& intercept : intercepts)
    plain += (plain.empty() ? "" : ",") + intercept.to_string();
  require(options::parse_intercepts(plain, 1) == intercepts, "written plainly they are the same");
}

void check_pool(std::string_view text) {
  const Endpoint target{Address::v4(0x0a000001), 80};
  const auto pool = options::parse_client_pool(text, {{std::nullopt, 80, target}});
  require(!pool.empty() && pool.size() <= 4096, "there are 1 to 4096 addresses");
  for (const Address& address : pool)
    require(address.is_v4() && address != target.address, "none is the target's");
}

}  // namespace
}  // namespace tcpcopy

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpcopy;
  fuzz::Input input(data, size);
  const std::uint8_t which = input.byte();
  std::string text;
  for (const std::byte byte : input.rest())
    text += static_cast<char>(byte);
  if (text.find('\n') != std::string::npos) return 0;  // would be quoted in the error's one line
  try {
    switch (which % 3) {
      case 0:
        check_rules(text);
        break;
      case 1:
        check_intercepts(text);
        break;
      default:
        check_pool(text);
        break;
    }
  } catch (const runtime::UsageError& error) {
    const std::string message = error.what();
    require(!message.empty() && message.find('\n') == std::string::npos, "an error is one line");
  }
  return 0;
}
