// SPDX-License-Identifier: BSD-3-Clause
// Whether somebody has an address of -c. The targets' route takes the answers for it away from its
// owner, and where the owner gets one it resets the connection.
#pragma once

#include <string>
#include <vector>

#include "common/runtime/event_loop.hh"
#include "tcpcopy/options/options.hh"

namespace tcpcopy::path {

/// What the options alone and the addresses of this host tell, one warning each.
std::vector<std::string> known_owners(const options::Options& options,
                                      const std::vector<Address>& local_addresses);

/// Asks the segments of this host who has the first addresses of -c.
class PoolQuestion {
 public:
  static constexpr Duration kTimeToAnswer = std::chrono::seconds(2);

  /// Has the kernel ask. Does not wait, and never throws.
  explicit PoolQuestion(const options::Options& options);

  /// Who has answered so far, one warning each.
  std::vector<std::string> owners() const;

 private:
  struct Neighbour {
    Address address;
    int device = 0;
  };
  std::vector<Neighbour> asked_;
};

/// Logs what known_owners() says, and a while later who has answered. Never throws, and does not
/// wait.
/// @return what waits for the answers.
[[nodiscard]] runtime::Timer check_client_pool(runtime::EventLoop& loop,
                                               const options::Options& options);

}  // namespace tcpcopy::path
