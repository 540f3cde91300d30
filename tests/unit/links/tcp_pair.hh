// SPDX-License-Identifier: BSD-3-Clause
// A TCP connection over the loopback interface, both ends in the test's hands.
#pragma once

#include <optional>
#include <utility>

#include "common/runtime/unique_fd.hh"
#include "tests/support/packet_bytes.hh"

namespace tcpcopy::test {

/// tcpcopy's end of a link; non-blocking.
class Peer {
 public:
  explicit Peer(runtime::UniqueFd fd) : fd_(std::move(fd)) {}

  void send(Bytes bytes) const;
  /// @return what there is to read, at most 64 KB; nothing once the other end is closed.
  std::optional<ByteVector> receive() const;
  /// Waits, but not forever. @return whether there is something to read, the end included.
  bool readable() const;
  void close() { fd_.reset(); }

 private:
  runtime::UniqueFd fd_;
};

/// The address and port of a socket.
Endpoint own_end(int fd);

struct TcpPair {
  Peer peer;
  runtime::UniqueFd link;
  Endpoint peer_endpoint;  ///< as the link's end sees it
};

/// @param send_buffer of the link's end, bytes; small: what is unread soon waits in the link.
TcpPair tcp_pair(int send_buffer);

}  // namespace tcpcopy::test
