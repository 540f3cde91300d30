// SPDX-License-Identifier: BSD-3-Clause
// What bounds a module's part of a session.
#pragma once

#include <chrono>
#include <cstddef>

#include "tcpcopy/time.hh"

namespace tcpcopy::session {

// What a module is shown of its client at once: first so much, and what it cannot go by, more of.
// One that cannot go by the last has no message, or none that a module has to see whole.
inline constexpr std::size_t kFirstShown = std::size_t{4} << 10U;
inline constexpr std::size_t kMostShown = std::size_t{1} << 20U;
// What it may write of its own that the target has not acknowledged, bytes: a preamble at most.
inline constexpr std::size_t kMostWritten = std::size_t{8} << 20U;
// A module that holds its client back waits for the target, which says something at last or is
// dead; so long after the target's last word it waits for nothing.
inline constexpr Duration kMaxModuleHold = std::chrono::seconds(30);

// What the target said behind a gap: so many segments, and bytes of them.
inline constexpr std::size_t kMostAnswersWaiting = 64;
inline constexpr std::size_t kMostAnswerBytes = std::size_t{64} << 10U;

}  // namespace tcpcopy::session
