// SPDX-License-Identifier: BSD-3-Clause
// What a daemon tells systemd, where that started it and listens: sd_notify(3), Type=notify.
#pragma once

#include <string>
#include <string_view>

#include "common/runtime/event_loop.hh"

namespace tcpcopy::runtime {

/// Tells it lines such as `READY=1`. Without $NOTIFY_SOCKET nobody is told, and a socket that
/// cannot be written to ends nothing: the first time the log says so.
void notify(std::string_view lines);

/// That everything is open; and from then on, where a watchdog was asked for (WatchdogSec=), that
/// the loop turns: a loop that stands still feeds nothing.
/// @return what feeds it, while the loop runs.
[[nodiscard]] Timer notify_started(EventLoop& loop);

/// What `systemctl status` shows.
void notify_status(const std::string& text);

/// How often the watchdog wants to be fed: half of what $WATCHDOG_USEC says, for this process; zero
/// where there is none.
Duration watchdog_period();

}  // namespace tcpcopy::runtime
