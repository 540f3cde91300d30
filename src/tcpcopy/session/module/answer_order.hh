// SPDX-License-Identifier: BSD-3-Clause
// What the target says, in order, for a module: segments come out of order, and again. Of each
// there is the beginning, and how long it was. What waits for a gap has a bound; what is beyond it
// comes as bytes that nobody has seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "tcpcopy/segment.hh"

namespace tcpcopy::session {

class AnswerOrder {
 public:
  struct Piece {
    TargetOffset at;
    std::uint32_t length = 0;
    std::vector<std::byte> beginning;
    bool heard_all = false;
  };

  /// Takes a segment. Bytes that came before are left out.
  void add(TargetOffset at, std::uint32_t length, Bytes beginning, bool heard_all);

  /// The next piece in order, or nothing while it is missing.
  /// @param arrived what stands before that has come, whether it was kept here or not: what was not
  ///   is a piece without a beginning.
  std::optional<Piece> next(TargetOffset arrived);

  /// Begins anew, at the first byte of a connection.
  void clear() { *this = AnswerOrder(); }

  std::size_t waiting() const { return waiting_.size(); }

 private:
  std::map<TargetOffset, Piece> waiting_;
  TargetOffset next_;
  std::size_t held_ = 0;  // bytes
};

}  // namespace tcpcopy::session
