// SPDX-License-Identifier: BSD-3-Clause
// The accounts of the replay. Every captured packet that matched a rule, every byte that a client
// sent and every session stands in exactly one account, and the sums hold at every moment:
//
//   packets captured = control + delivered + duplicate + held + lost (by reason)
//   bytes   captured =           delivered + duplicate + held + lost (by reason)
//   sessions opened  = completed + live + lost (by reason)
//
// With -n each copy counts on its own: a packet of which three copies are made is captured thrice.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tcpcopy/lag.hh"

namespace tcpcopy::session {

/// Why packets, bytes or a session did not reach the target.
enum class LossReason : std::uint8_t {
  kNoHandshake,     ///< the target did not answer the SYN: see docs/deployment.md
  kTargetRefused,   ///< the target answered the SYN with RST
  kTargetReset,     ///< the target reset the connection
  kTargetClosed,    ///< the target closed connection after connection, before they were of use
  kTargetSilent,    ///< no progress for the session timeout (-t)
  kCaptureHole,     ///< bytes around them were never captured
  kNoBoundary,      ///< captured mid-stream, before the first start of a request
  kGivenUp,         ///< of a session that was given up: until its client connects anew
  kHalfOpen,        ///< the client never completed its handshake
  kIdle,            ///< nothing from the client for the idle timeout (-k)
  kLagLimit,        ///< older than --max-lag when their turn came
  kSessionLimit,    ///< no room for another session
  kMemoryLimit,     ///< the session, or all sessions, held too much
  kNoFreePort,      ///< no free port on the addresses of -c
  kNotSampled,      ///< left out by -r or --ramp
  kAbsurdSequence,  ///< a sequence number far outside of the stream
  kShutdown,        ///< tcpcopy ended
  kModule,          ///< the module of their protocol could not go on: the log says why
};
inline constexpr std::size_t kLossReasons = 18;

/// Why a segment was not believed (RFC 9293, 3.10.7.4; RFC 5961; RFC 7323, 5.3).
enum class Refusal : std::uint8_t {
  kResetOutside,   ///< an RST of the target, outside of the window
  kResetInWindow,  ///< one inside, but not at the next byte: it is asked to say so again
  kSyn,            ///< a SYN of the target on an open connection
  kNoAck,          ///< a segment of the target without ACK
  kOldTimestamp,   ///< its timestamp is older than the last (PAWS)
  kOldSequence,    ///< nothing in it is new: a repetition, or a probe
  kBeyondWindow,   ///< beyond what the target was allowed to send
  kAckOfUnsent,    ///< it acknowledges what was never sent
  kAckTooOld,      ///< it acknowledges less than any window reaches back
  kClientReset,    ///< an RST of the client, outside of the window
  kClientSyn,      ///< a SYN on an open connection of the client, not confirmed so far
  kClientAck,      ///< a segment of the client whose ack jumps beyond any window
  kClientJump,     ///< one whose bytes do, alone
  kClientUrgent,   ///< an urgent byte too many for a session: it is sent as any other
};
inline constexpr std::size_t kRefusals = 14;

/// A name for log lines and reports: `reset-outside`.
std::string_view to_string(Refusal refusal);

/// A name for log lines and reports: `no-handshake`.
std::string_view to_string(LossReason reason);

/// Packets and the bytes of payload that they brought.
struct Account {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;

  Account& operator+=(const Account& other) {
    packets += other.packets;
    bytes += other.bytes;
    return *this;
  }
  Account& operator-=(const Account& other) {
    packets -= other.packets;
    bytes -= other.bytes;
    return *this;
  }
};

struct Ledger {
  Account captured;
  std::uint64_t control_packets = 0;  ///< without payload: SYN, FIN, RST, acks
  Account delivered;                  ///< acknowledged by the target
  Account duplicate;                  ///< captured before: retransmissions of the client
  Account held;                       ///< waiting to be sent, or for the target's ack
  std::array<Account, kLossReasons> lost{};

  std::uint64_t sessions_opened = 0;
  std::uint64_t sessions_completed = 0;
  std::uint64_t sessions_live = 0;
  std::array<std::uint64_t, kLossReasons> sessions_lost{};

  // What happened, beside the accounts.
  std::uint64_t responses = 0;          ///< responses that found their session
  std::uint64_t response_bytes = 0;     ///< their payload
  std::uint64_t responses_unknown = 0;  ///< responses without a session
  std::uint64_t segments_sent = 0;
  std::uint64_t bytes_sent = 0;  ///< retransmissions included
  std::uint64_t retransmissions = 0;
  std::uint64_t syns_sent = 0;
  std::uint64_t connections = 0;      ///< handshakes completed with the target
  std::uint64_t resets = 0;           ///< of these, those that the target reset
  std::uint64_t reconnects = 0;       ///< sessions that went on with a new connection
  std::uint64_t joined = 0;           ///< sessions whose SYN was not seen
  std::uint64_t turns_sent = 0;       ///< turns of clients of which all that was known was sent
  std::uint64_t turn_quiets = 0;      ///< turns taken as answered because the target was quiet
  std::uint64_t turn_expiries = 0;    ///< turns not answered within the bound
  std::uint64_t ports_changed = 0;    ///< sessions that could not keep their client's port
  std::uint64_t module_inserted = 0;  ///< bytes that modules wrote of their own
  std::uint64_t module_left_out = 0;  ///< bytes of clients that these stand for, or none
  std::array<std::uint64_t, kRefusals> refused{};
  Lag lag;     ///< of what was sent for the first time
  Lag answer;  ///< from the last byte that was sent to what the target answers

  void lose(LossReason reason, const Account& what) {
    lost[static_cast<std::size_t>(reason)] += what;
  }

  void refuse(Refusal refusal) { ++refused[static_cast<std::size_t>(refusal)]; }

  Account lost_in_all() const;
  std::uint64_t sessions_lost_in_all() const;

  /// Whether the three sums of this file's head hold.
  bool balanced() const;
};

}  // namespace tcpcopy::session
