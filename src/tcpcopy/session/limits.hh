// SPDX-License-Identifier: BSD-3-Clause
// Every bound of the replay engine, with its reason. What happens at each is counted in the Ledger.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tcpcopy/time.hh"

namespace tcpcopy::session {

using namespace std::chrono_literals;

// Retransmission, RFC 6298. The floor is Linux's 200 ms instead of the RFC's 1 s (2.4), the ceiling
// lower than the RFC's 60 s (2.5): a target that comes back should see its traffic soon.
inline constexpr Duration kInitialRto = 1s;
inline constexpr Duration kMinRto = 200ms;
inline constexpr Duration kMaxRto = 8s;

// A SYN is sent this often before its session is given up: 1 + 2 + 4 + 5 times 8 s. With fewer the
// simulator lost sessions by chance alone on very lossy paths.
inline constexpr int kMaxSynTransmissions = 8;

// Segments that may be in flight before the target acknowledged any (RFC 6928).
inline constexpr std::uint32_t kInitialWindowSegments = 10;
inline constexpr int kDuplicateAckThreshold = 3;  // RFC 5681, 3.2

// How long an ack may wait for data to ride on: Linux's TCP_DELACK_MIN.
inline constexpr Duration kDelayedAck = 40ms;
// A client whose round trip is shorter than this is near: its acks are not delayed by it.
inline constexpr Duration kNearRtt = 2ms;
// The window that is announced to the target at least, whatever the client announced online: the
// responses end at the assistant, so nothing here can be overrun.
inline constexpr std::uint32_t kMinReceiveWindow = 65535;

// Turns: see turns.hh.
inline constexpr Duration kMaxTurnWait = 2s;
inline constexpr Duration kMinTurnWait = 20ms;
// An RST destroys what the target has not read, so it waits longer for a target that says nothing.
inline constexpr Duration kMaxResetWait = 30s;
inline constexpr Duration kMinQuiet = 2ms;
inline constexpr Duration kMaxQuiet = 50ms;
inline constexpr Duration kLongQuiet =
    300ms;  // longer than Linux's shortest retransmission timeout
inline constexpr std::int64_t kNearlyComplete = 32;  // bytes: headers whose length varies

// A hole in what was captured is waited for this long when the client goes on meanwhile: one that
// lost a packet on its way to the online server sends it again, five times within 3 s at Linux's
// timing, and it is then captured. What has not come by then, capture has missed.
inline constexpr Duration kHolePatience = 3s;
// The client goes on when it acknowledges something new, and sends something new, so long after the
// hole appeared. One that does not may still be trying, so it is waited for longer.
inline constexpr Duration kHoleProof = 1s;
inline constexpr Duration kMaxHolePatience = 30s;
// Holes of a session that are skipped in one wake-up, before others have their turn.
inline constexpr int kMaxHolesPerTurn = 256;

// Bytes beyond the end of the contiguous stream that are still believed. A larger jump is no
// window that anybody uses, so the packet is forged or stale.
inline constexpr std::int64_t kMaxAhead = std::int64_t{64} << 20U;

// A connection that the target refused, or reset before it answered anything, is tried again this
// often, with back-off: 1 + 2 + 4 + 8 + 16 s.
inline constexpr int kMaxFailures = 5;

// Connections that ended are remembered for this long, as far as there is room (recent_set.hh).
inline constexpr Duration kRememberEnded = 30s;

// At the end tcpcopy gives its sessions this long to finish what they hold.
inline constexpr Duration kDrainTime = 1s;

}  // namespace tcpcopy::session
