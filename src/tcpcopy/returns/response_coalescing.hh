// SPDX-License-Identifier: BSD-3-Clause
// When responses may wait for others. A wake-up costs as much as many responses, and most of them
// only have to be acknowledged some time: nobody waits for them. With many sessions they are then
// taken in groups, at most a moment late; as soon as one session waits for its target, at once.
#pragma once

#include <cstddef>

#include "absl/functional/function_ref.h"

#include "tcpcopy/ports.hh"
#include "tcpcopy/time.hh"

namespace tcpcopy::returns {

/// Where responses come from. Behind it: InterceptLinks.
class ResponseSource {
 public:
  virtual ~ResponseSource() = default;

  /// Lets responses wait until a group of them has come, or until read() is called; or no more.
  virtual void coalesce(bool on) = 0;
  struct Taken {
    std::size_t responses = 0;
    std::size_t unended = 0;  ///< of them: without PSH, so that more is to follow
  };
  /// Takes the responses that have come.
  virtual Taken read() = 0;
};

class ResponseCoalescing {
 public:
  /// So long may a response wait that is expected, but that nobody waits for.
  static constexpr Duration kLongestWait = std::chrono::milliseconds(2);

  explicit ResponseCoalescing(ResponseSource& source) : source_(source) {}

  /// To be called at the end of a wake-up: takes the responses whose time has come, and decides for
  /// the next wake-up.
  /// @param sessions how it stands with them; asked again when responses were taken.
  void end_wake_up(absl::FunctionRef<Standing()> sessions, Instant now);

  /// When end_wake_up() has to be called again; kNever while responses do not wait.
  Instant deadline() const { return on_ ? read_at_ : kNever; }

 private:
  void set(bool on);

  ResponseSource& source_;
  Instant read_at_;
  bool on_ = false;
  bool quiet_ = false;  // the last look found nothing, and nothing was expected
};

}  // namespace tcpcopy::returns
