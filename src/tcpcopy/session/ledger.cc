// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/ledger.hh"

#include <numeric>

namespace tcpcopy::session {

std::string_view to_string(LossReason reason) {
  switch (reason) {
    case LossReason::kNoHandshake:
      return "no-handshake";
    case LossReason::kTargetRefused:
      return "target-refused";
    case LossReason::kTargetReset:
      return "target-reset";
    case LossReason::kTargetClosed:
      return "target-closed";
    case LossReason::kTargetSilent:
      return "target-silent";
    case LossReason::kCaptureHole:
      return "capture-hole";
    case LossReason::kNoBoundary:
      return "no-boundary";
    case LossReason::kGivenUp:
      return "given-up";
    case LossReason::kHalfOpen:
      return "half-open";
    case LossReason::kIdle:
      return "idle";
    case LossReason::kLagLimit:
      return "lag-limit";
    case LossReason::kSessionLimit:
      return "session-limit";
    case LossReason::kMemoryLimit:
      return "memory-limit";
    case LossReason::kNoFreePort:
      return "no-free-port";
    case LossReason::kNotSampled:
      return "not-sampled";
    case LossReason::kAbsurdSequence:
      return "absurd-sequence";
    case LossReason::kShutdown:
      return "shutdown";
    case LossReason::kModule:
      return "module";
  }
  return "unknown";
}

std::string_view to_string(Refusal refusal) {
  switch (refusal) {
    case Refusal::kResetOutside:
      return "reset-outside";
    case Refusal::kResetInWindow:
      return "reset-in-window";
    case Refusal::kSyn:
      return "syn";
    case Refusal::kNoAck:
      return "no-ack";
    case Refusal::kOldTimestamp:
      return "old-timestamp";
    case Refusal::kOldSequence:
      return "old-sequence";
    case Refusal::kBeyondWindow:
      return "beyond-window";
    case Refusal::kAckOfUnsent:
      return "ack-of-unsent";
    case Refusal::kAckTooOld:
      return "ack-too-old";
    case Refusal::kClientReset:
      return "client-reset";
    case Refusal::kClientSyn:
      return "client-syn";
    case Refusal::kClientAck:
      return "client-ack";
    case Refusal::kClientJump:
      return "client-jump";
    case Refusal::kClientUrgent:
      return "client-urgent";
  }
  return "unknown";
}

Account Ledger::lost_in_all() const {
  Account sum;
  for (const Account& account : lost)
    sum += account;
  return sum;
}

std::uint64_t Ledger::sessions_lost_in_all() const {
  return std::accumulate(sessions_lost.begin(), sessions_lost.end(), std::uint64_t{0});
}

bool Ledger::balanced() const {
  const Account lost_sum = lost_in_all();
  return captured.packets == control_packets + delivered.packets + duplicate.packets +
                                 held.packets + lost_sum.packets &&
         captured.bytes == delivered.bytes + duplicate.bytes + held.bytes + lost_sum.bytes &&
         sessions_opened == sessions_completed + sessions_live + sessions_lost_in_all();
}

}  // namespace tcpcopy::session
