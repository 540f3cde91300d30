// SPDX-License-Identifier: BSD-3-Clause
// A kernel that refuses to watch descriptors, as one does at /proc/sys/fs/epoll/max_user_watches.
#pragma once

namespace tcpcopy::test {

/// While it lives, each descriptor that is to be watched is refused with this errno value.
class RefusedWatches {
 public:
  explicit RefusedWatches(int error);
  ~RefusedWatches();
  RefusedWatches(const RefusedWatches&) = delete;
  RefusedWatches& operator=(const RefusedWatches&) = delete;
  RefusedWatches(RefusedWatches&&) = delete;
  RefusedWatches& operator=(RefusedWatches&&) = delete;
};

}  // namespace tcpcopy::test
