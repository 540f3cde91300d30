// SPDX-License-Identifier: BSD-3-Clause
// Which system calls a daemon may make from now on: those that it needs while it runs, and no
// other, whatever a hostile packet may make of it (seccomp(2)).
#pragma once

namespace tcpcopy::runtime {

/// Others fail with EPERM from now on, in this thread and what it starts. A kernel that has no
/// filter for system calls is told of in the log.
void restrict_system_calls();

}  // namespace tcpcopy::runtime
