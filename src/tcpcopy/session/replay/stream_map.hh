// SPDX-License-Identifier: BSD-3-Clause
// Where in what is sent to the target a byte of the client stands. The same place, but for what of
// the client's stream was left out on this connection: the target's numbers have no gap there.
#pragma once

#include <cstdint>

#include "tcpcopy/sequence.hh"

namespace tcpcopy::session {

class StreamMap {
 public:
  /// The next byte of the client that is sent stands at `to`, in place of `from`.
  /// REQUIRES: everything before `from` was sent and acknowledged, and nothing from there on.
  void leave_out(ClientOffset from, ClientOffset to) { left_out_ += to - from; }

  /// REQUIRES, of both: a place behind what was left out.
  ReplayOffset to_replay(ClientOffset at) const { return ReplayOffset(at.value - left_out_); }
  ClientOffset to_client(ReplayOffset at) const { return ClientOffset(at.value + left_out_); }

 private:
  std::int64_t left_out_ = 0;  // bytes
};

}  // namespace tcpcopy::session
