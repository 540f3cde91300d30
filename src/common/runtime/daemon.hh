// SPDX-License-Identifier: BSD-3-Clause
// The life of a daemon as a process.
#pragma once

#include <cstdint>
#include <string>

#include "common/runtime/event_loop.hh"

namespace tcpcopy::runtime {

/// -d: goes on in the background, in a session of its own, standard streams on /dev/null. The
/// working directory stays, so that relative paths keep their meaning. Throws SystemError.
void go_to_background();

/// Logs what this process has taken: CPU time, memory, and how long its event loop's wake-ups took.
void log_resource_use(const EventLoop::WakeUpTimes& times);

/// Bytes of memory that this process has now (its resident set); 0 when the system does not tell.
std::uint64_t resident_memory();

}  // namespace tcpcopy::runtime
