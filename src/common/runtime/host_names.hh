// SPDX-License-Identifier: BSD-3-Clause
// Names of hosts in options, resolved while a daemon starts.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tcpcopy/address.hh"

namespace tcpcopy::runtime {

/// Turns names into addresses, each once, so that a name means one address while a daemon runs.
class HostNames {
 public:
  /// @return the IPv4 addresses of a host in any order; with none, what the system says in `why`.
  using LookUp = std::function<std::vector<Address>(const std::string& name, std::string& why)>;

  HostNames();  ///< asks the system: the hosts file, DNS, …
  explicit HostNames(LookUp look_up) : look_up_(std::move(look_up)) {}

  /// An address, or the address of a host by its name: the lowest where it has several.
  /// @param what names the option in the error. Throws UsageError.
  Address one(std::string_view what, std::string_view text);

  /// The same, with all addresses that a name has, in order.
  std::vector<Address> all(std::string_view what, std::string_view text);

  /// For the log: what each name stands for.
  std::vector<std::string> told() const;

 private:
  struct Host {
    std::vector<Address> addresses;  // in order
    bool all = false;                // are used
  };

  Host& host(std::string_view what, std::string_view name);

  LookUp look_up_;
  std::map<std::string, Host, std::less<>> known_;
};

}  // namespace tcpcopy::runtime
