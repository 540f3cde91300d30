// SPDX-License-Identifier: BSD-3-Clause
// Every bound of the replay engine, with its reason. What happens at each is counted in the Ledger.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tcpcopy/time.hh"

namespace tcpcopy::session {

using namespace std::chrono_literals;

// Retransmission, RFC 6298. The floor is Linux's 200 ms above the round trip instead of the RFC's
// 1 s in all (2.4), the ceiling lower than the RFC's 60 s (2.5): a target that comes back should
// see its traffic soon.
inline constexpr Duration kInitialRto = 1s;
inline constexpr Duration kMinRto = 200ms;
inline constexpr Duration kMaxRto = 8s;
// A target whose ack says that it has dropped what it had reported with SACK is believed after this
// time, or half a round trip: Linux's tcp_check_sack_reneging().
inline constexpr Duration kRenegingDelay = 10ms;

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
// The window that is announced for a client whose SYN, and so whose scale, was not seen.
inline constexpr std::uint32_t kMadeUpWindow = 65535;

// Turns: see turns.hh and target_habits.hh.
inline constexpr Duration kMaxTurnWait = 2s;
inline constexpr Duration kMinTurnWait = 20ms;
inline constexpr Duration kMinQuiet = 1ms;
// Linux's shortest retransmission timeout: a longer silence has another reason.
inline constexpr Duration kMaxQuiet = 200ms;
inline constexpr std::int64_t kNearlyComplete = 32;  // bytes: headers whose length varies
// An end waits so long behind the target's last word, by what is known of its answers; for one that
// says nothing; and when nothing more comes of the client, or of the file.
inline constexpr Duration kMinEndQuiet = 50ms;
inline constexpr Duration kMaxEndQuiet = 4s;
inline constexpr Duration kMaxEndWait = 30s;
inline constexpr Duration kHurriedEnd = 700ms;

// A think time is no round trip: no more than this is imitated of what a handshake took.
inline constexpr Duration kMaxClientRtt = 1s;

// A hole in what was captured is waited for this long when the client goes on meanwhile: one that
// lost a packet on its way to the online server sends it again, five times within 4 s at Linux's
// timing, and it is then captured. What has not come by then, capture has missed.
inline constexpr Duration kHolePatience = 4s;
// The client goes on when it acknowledges something new, and sends something new, so long after the
// hole appeared. One that does not may still be trying, so it is waited for longer.
inline constexpr Duration kHoleProof = 1s;
inline constexpr Duration kMaxHolePatience = 30s;
// Holes of a session that are skipped in one wake-up, before others have their turn.
inline constexpr int kMaxHolesPerTurn = 256;

// Bytes beyond the end of the contiguous stream that are still believed. A larger jump is no
// window that anybody uses, so the packet is forged or stale.
inline constexpr std::int64_t kMaxAhead = std::int64_t{64} << 20U;
// Beyond what was captured so far a client gets by packets that capture has missed. A jump larger
// than windows are, bytes, is believed when a second packet comes from there: no further from the
// first than one that GRO made of many.
inline constexpr std::int64_t kMaxJump = std::int64_t{1} << 20U;
inline constexpr std::int64_t kSameJump = std::int64_t{1} << 16U;

// A session may have so many connections in a row that were of no use, with back-off in between:
// 1 + 2 + 4 + 8 + 16 s. Whoever ended them, and however: a target that is busy is not stormed.
inline constexpr int kMaxFailures = 5;

// A client that has not completed its handshake for so long is none: Linux gives its SYNs up to
// 63 s, with ever longer pauses, and a server its SYN-ACKs.
inline constexpr Duration kHalfOpenTimeout = 60s;
// Both sides have closed, and the target has had every byte: so long its last ack is waited for.
inline constexpr Duration kLastAckWait = 3s;
// The same when nothing more comes of the client, for a target that does not close: a file ends
// within 3 s, whatever the target does. An RST before would destroy what it has not read.
inline constexpr Duration kHurriedCloseWait = 2s;
// From this timeout in a row on the path of the responses is doubted, and announced again.
inline constexpr int kDoubtfulTimeouts = 2;

// Challenge ACKs of a connection are so far apart (RFC 5961, 7; Linux's tcp_invalid_ratelimit).
inline constexpr Duration kChallengeSpacing = 500ms;
// More than any window (RFC 7323, 2.3) is acknowledged by no packet of a client at once.
inline constexpr std::int64_t kMaxAckJump = std::int64_t{1} << 30U;

// A session that was given up is not joined again before its client connects anew, or before this
// time: connections of clients may live for days, and a target that was busy or away comes back.
inline constexpr Duration kRememberGivenUp = 10min;

// When memory is short, the best of so many sessions goes; one that holds much goes before any that
// is only idle.
inline constexpr std::size_t kShedSample = 64;
inline constexpr std::uint32_t kMuchHeld = 64U << 10U;
// A session makes room for a new one when its client has been silent for so long.
inline constexpr Duration kIdleEnough = 60s;

// A session's chunks are indexed when they are more than a few, and small ones are merged then, up
// to this size: smaller than two full segments, which are not worth the copying.
inline constexpr std::size_t kFewChunks = 16;
inline constexpr std::uint32_t kMergedChunk = 2048;

// Chunks behind a hole that join the stream in one step when it is filled: half a millisecond. The
// next step has a wake-up of its own.
inline constexpr int kMostExtended = 1024;
inline constexpr Duration kNextStep = 1ms;

// Connections that ended are remembered for this long, as far as there is room (recent_set.hh).
inline constexpr Duration kRememberEnded = 30s;

// Urgent bytes of a session that are held at a time. A receiver keeps one (RFC 6093, 3.3), and who
// sends a second has most often seen an answer to the first.
inline constexpr std::size_t kMaxUrgent = 16;

// At the end tcpcopy gives its sessions this long to finish what they hold.
inline constexpr Duration kDrainTime = 1s;

}  // namespace tcpcopy::session
