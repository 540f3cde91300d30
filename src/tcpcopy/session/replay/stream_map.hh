// SPDX-License-Identifier: BSD-3-Clause
// Where in what is sent to the target a byte of the client stands, and what is sent there. The same
// place and the same bytes, but for what of the client's stream was left out on this connection:
// the target's numbers have no gap there. With a module it is what that has written.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "tcpcopy/sequence.hh"
#include "tcpcopy/session/module/rewriter.hh"

namespace tcpcopy::session {

class StreamMap {
 public:
  /// What is sent is what this writes. REQUIRES: no connection was opened.
  void use(std::unique_ptr<Rewriter> rewriter) { rewriter_ = std::move(rewriter); }
  /// Null without a module.
  Rewriter* rewriter() const { return rewriter_.get(); }

  /// A connection begins with the client's byte at `first`.
  /// @param whole it is the first that the client said.
  /// @return where what is sent begins.
  ReplayOffset open(ClientOffset first, bool whole) {
    left_out_ = 0;
    const ReplayOffset at(first.value);
    if (rewriter_) rewriter_->open(first, at, whole);
    return at;
  }

  /// The next byte of the client that is sent stands at `to`, in place of `from`.
  /// REQUIRES: everything before `from` was sent and acknowledged, and nothing from there on; and
  /// there is no module.
  void leave_out(ClientOffset from, ClientOffset to) { left_out_ += to - from; }

  /// REQUIRES, of both: a place behind what was left out.
  ReplayOffset to_replay(ClientOffset at) const {
    return rewriter_ ? rewriter_->edits().to_replay(at) : ReplayOffset(at.value - left_out_);
  }
  ClientOffset to_client(ReplayOffset at) const {
    return rewriter_ ? rewriter_->edits().to_client(at) : ClientOffset(at.value + left_out_);
  }

  /// See Edits.
  ClientOffset heard(ReplayOffset at) const {
    return rewriter_ ? rewriter_->edits().heard(at) : to_client(at);
  }

  /// Where the client's stream was joined, if what is sent began at `at`; what was left out since
  /// counted too.
  ClientOffset first(ReplayOffset at) const {
    return rewriter_ ? rewriter_->first() : to_client(at);
  }

  /// Behind the last byte that can be sent.
  ReplayOffset end(const ClientStream& client) const {
    return rewriter_ ? rewriter_->edits().written() : to_replay(client.contiguous_end());
  }

  /// The pieces of memory that hold what is sent at [at, at + length): see ClientStream.
  ClientStream::Gathered gather(const ClientStream& client, ReplayOffset at, std::uint32_t length,
                                std::span<Bytes> pieces) const {
    if (rewriter_) return rewriter_->edits().gather(client, at, length, pieces);
    return client.gather(to_client(at), length, pieces);
  }

 private:
  std::int64_t left_out_ = 0;  // bytes
  std::unique_ptr<Rewriter> rewriter_;
};

}  // namespace tcpcopy::session
