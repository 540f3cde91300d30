// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/host_names.hh"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "common/runtime/errors.hh"
#include "common/runtime/option_values.hh"

namespace tcpcopy::runtime {
namespace {

std::vector<Address> ask_system(const std::string& name, std::string& why) {
  addrinfo wanted{};
  wanted.ai_family = AF_INET;
  wanted.ai_socktype = SOCK_STREAM;  // else each address comes once for each type
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(name.c_str(), nullptr, &wanted, &list);
  if (error != 0) {
    why = ::gai_strerror(error);
    return {};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  std::vector<Address> addresses;
  for (; list != nullptr; list = list->ai_next) {
    sockaddr_in address{};
    std::memcpy(&address, list->ai_addr, sizeof address);
    addresses.push_back(Address::v4(ntohl(address.sin_addr.s_addr)));
  }
  return addresses;
}

std::string listed(const std::vector<Address>& addresses) {
  std::string text;
  for (const Address& address : addresses)
    text += (text.empty() ? "" : ", ") + address.to_string();
  return text;
}

}  // namespace

HostNames::HostNames() : look_up_(&ask_system) {}

HostNames::Host& HostNames::host(std::string_view what, std::string_view name) {
  if (const auto at = known_.find(name); at != known_.end()) return at->second;
  std::string why = "it has no IPv4 address";
  std::vector<Address> found = look_up_(std::string(name), why);
  if (found.empty()) throw UsageError(fmt::format("{}: the host '{}': {}", what, name, why));
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return known_.emplace(name, Host{std::move(found)}).first->second;
}

Address HostNames::one(std::string_view what, std::string_view text) {
  return is_host_name(text) ? host(what, text).addresses.front() : parse_address(what, text);
}

std::vector<Address> HostNames::all(std::string_view what, std::string_view text) {
  if (!is_host_name(text)) return {parse_address(what, text)};
  Host& found = host(what, text);
  found.all = true;
  return found.addresses;
}

std::vector<std::string> HostNames::told() const {
  std::vector<std::string> lines;
  for (const auto& [name, host] : known_) {
    std::string line = fmt::format("{} is {}", name, listed(host.addresses));
    if (host.addresses.size() > 1) {
      line += host.all ? "; all of them are meant"
                       : fmt::format("; of these {} is taken, the lowest",
                                     host.addresses.front().to_string());
    }
    lines.push_back(line);
  }
  return lines;
}

}  // namespace tcpcopy::runtime
