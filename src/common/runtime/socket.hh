// SPDX-License-Identifier: BSD-3-Clause
// TCP sockets: of the control channel, and of what else listens.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/unique_fd.hh"
#include "tcpcopy/address.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::runtime {

/// The IPv4 addresses of this host. Throws SystemError.
std::vector<Address> local_addresses();

/// Opens a non-blocking listening socket. An address that this host does not have yet, as may be
/// while it boots, is listened on from when it has it, and the log says so.
/// Throws UsageError when the port is taken.
UniqueFd listen_on(const Endpoint& endpoint);

/// The same on an address that this host has, for an option of this name. Throws UsageError when
/// the port is taken, SystemError when the address is not there: it may be soon.
UniqueFd listen_on(std::string_view option, const Endpoint& endpoint);

/// @return a connection that waits to be accepted, non-blocking; none when there is none.
UniqueFd accept_from(int listener, Endpoint& peer);

/// Begins to connect. @return none, and errno set, when that failed at once.
UniqueFd begin_connect(const Endpoint& endpoint);

/// @return the outcome of a connect that has become writable: 0 or an errno value.
int connect_result(int fd);

/// Small messages leave at once; a host that is silently gone while nothing is on the way to it is
/// noticed after about `patience`.
void prepare_link(int fd, Duration patience);

/// A connection ends when what was sent is not taken for `patience`: because its host is gone, or
/// because the peer does not read.
void limit_unacknowledged(int fd, Duration patience);

/// The socket becomes readable only when so many bytes have come. Those that are there already may
/// have to be read without being told of.
void coalesce_input(int fd, int bytes);

/// @return for how long the peer's host has acknowledged nothing although something is on the way
///   to it; zero when nothing is, or when the peer alone is slow to read.
Duration unanswered_for(int fd);

/// Lets this process open as many descriptors as the system grants it.
void raise_descriptor_limit();

}  // namespace tcpcopy::runtime
