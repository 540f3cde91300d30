// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/common/runtime/refused_watches.hh"

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace {
int refused_with = 0;
}  // namespace

// Takes the place of the C library's in this program.
extern "C" int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) noexcept {
  if (operation == EPOLL_CTL_ADD && refused_with != 0) {
    errno = refused_with;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_epoll_ctl, epoll, operation, fd, event));
}

namespace tcpcopy::test {

RefusedWatches::RefusedWatches(int error) { refused_with = error; }
RefusedWatches::~RefusedWatches() { refused_with = 0; }

}  // namespace tcpcopy::test
