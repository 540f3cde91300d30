// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/path_doubt.hh"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tcpcopy::replayer {

void PathDoubt::look(const Standing& standing, Instant now) {
  if (settled_) return;
  settled_ = standing.delivered > 0;
  const auto since = [&](Instant& begin, bool holds) {
    begin = !holds ? kNever : std::min(begin, now);
    return holds && now >= begin + kPatience;
  };
  if (since(asking_since_, standing.syns > 0 && standing.connections == 0)) {
    settled_ = true;
    spdlog::warn(
        "{} SYNs were sent, and no connection was established in {} s: the way to the target or "
        "back is broken; tcpcopy --check with these options says where",
        standing.syns, kPatience / std::chrono::seconds(1));
  }
  if (since(speaking_since_, standing.connections > 0 && standing.sent > 0 && !settled_)) {
    settled_ = true;
    spdlog::warn(
        "{} connections were established, and the target has taken no byte in {} s: who resets "
        "them? tcpcopy --check with these options says",
        standing.connections, kPatience / std::chrono::seconds(1));
  }
}

}  // namespace tcpcopy::replayer
