// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/returns/response_coalescing.hh"

#include <algorithm>
#include <utility>

#include "tcpcopy/batch.hh"

namespace tcpcopy::returns {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPause = 20ms;  // bursts with shorter pauses than this are one load

bool may_wait(const Standing& standing) {
  return standing.sessions >= kManySessions && standing.waiting == 0;
}

}  // namespace

void ResponseCoalescing::end_wake_up(absl::FunctionRef<Standing()> sessions, Instant now) {
  Standing standing = sessions();
  if (!on_ && may_wait(standing) && standing.unfinished > 0) {
    set(true);
    read_at_ = now + kLongestWait;
  }
  if (!on_) return;
  if (standing.unfinished > 0) read_at_ = std::min(read_at_, now + kLongestWait);
  if (may_wait(standing) && now >= read_at_) {
    const ResponseSource::Taken taken = source_.read();
    standing = sessions();
    const bool expected = standing.unfinished > 0 || taken.unended > 0;
    read_at_ = now + (expected ? kLongestWait : kPause);
    const bool was_quiet = std::exchange(quiet_, !expected && taken.responses == 0);
    if (quiet_ && was_quiet) set(false);
  }
  if (on_ && !may_wait(standing)) set(false);
}

void ResponseCoalescing::set(bool on) {
  on_ = on;
  quiet_ = false;
  source_.coalesce(on);
  if (!on) source_.read();  // what came between the last look and now
}

}  // namespace tcpcopy::returns
