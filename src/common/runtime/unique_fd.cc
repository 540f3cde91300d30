// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/unique_fd.hh"

#include <unistd.h>

namespace tcpcopy::runtime {

void UniqueFd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace tcpcopy::runtime
