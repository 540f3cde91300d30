// SPDX-License-Identifier: BSD-3-Clause
// A batch of packets through one socket: what the ways of sending have in common.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <span>

#include "absl/functional/function_ref.h"

namespace tcpcopy::inject {

/// Gives the socket a send buffer that takes several batches, as far as the kernel grants it.
void enlarge_send_buffer(int fd);

/// Sends the messages in their order; waits at most once, and for two milliseconds, when the
/// socket's queue is full.
/// @param sent called with the index of each that the kernel took.
/// @param refused called with the index of each that it did not take, and the errno value; the
///   others go all the same, for they may have another destination.
void send_batch(int fd, std::span<mmsghdr> messages, absl::FunctionRef<void(std::size_t)> sent,
                absl::FunctionRef<void(std::size_t, int error)> refused);

}  // namespace tcpcopy::inject
