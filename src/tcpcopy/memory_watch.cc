// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/memory_watch.hh"

#include <malloc.h>
#include <spdlog/spdlog.h>

#include "common/runtime/daemon.hh"

namespace tcpcopy::replayer {

void MemoryWatch::look(Instant now) {
  std::uint64_t use = runtime::resident_memory();
  if (use > limit_) {
    ::malloc_trim(0);  // what was freed counts until it is given back
    bound_.on_given_back();
    use = runtime::resident_memory();
  }
  replay_.set_max_memory(bound_.on_look(use, replay_.memory_use()));
  if (use <= limit_) return;
  const std::size_t ended = replay_.shed(use - limit_, now);
  if (!log_.allow(now)) return;
  spdlog::warn("the process takes {} MB, more than -m {} allows: {} sessions were ended",
               use >> 20U, limit_ >> 20U, ended);
}

}  // namespace tcpcopy::replayer
