// SPDX-License-Identifier: BSD-3-Clause
// How many batches a source may have in one wake-up: one always, further ones only while the
// wake-up is young. So it stays short whatever a packet costs, and no source starves the others.
#pragma once

#include "common/runtime/event_loop.hh"

namespace tcpcopy::runtime {

/// `for (Budget budget(loop); budget.another() && source.read() == kMore;) {}`
class Budget {
 public:
  explicit Budget(EventLoop& loop) : loop_(loop) {}

  /// Whether one more batch may be taken. Looks at the clock before each but the first, and has
  /// what the last brought sent before that: sending is what takes the time.
  bool another() {
    if (taken_ == kMost || (taken_ > 0 && loop_.wake_up_is_over())) return false;
    ++taken_;
    return true;
  }

 private:
  static constexpr int kMost = 4;  // then the others have theirs

  EventLoop& loop_;
  int taken_ = 0;
};

}  // namespace tcpcopy::runtime
