// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/replay/acceptance.hh"

#include <algorithm>

namespace tcpcopy::session {
namespace {

constexpr std::int64_t kMaxWindow = std::int64_t{1} << 30U;  // RFC 7323, 2.3

}  // namespace

std::optional<Refusal> Acceptance::judge(const Response& response, TargetOffset at,
                                         ReplayOffset acked) const {
  if (response.flags.rst()) return judge_reset(at);
  const auto& timestamps = response.options.timestamps;
  if (ts_recent && timestamps && !as_new(timestamps->value, *ts_recent)) {
    return Refusal::kOldTimestamp;
  }
  if (response.flags.syn()) return Refusal::kSyn;
  if (!response.flags.ack()) return Refusal::kNoAck;
  if (at + response.sequence_length() < last_ack_sent) return Refusal::kOldSequence;
  if (at > right_edge || (at == right_edge && response.payload_length > 0)) {
    return Refusal::kBeyondWindow;
  }
  if (acked > snd_nxt) return Refusal::kAckOfUnsent;
  if (acked < snd_una - kMaxWindow || acked < first - 1) return Refusal::kAckTooOld;
  return std::nullopt;
}

// RFC 5961, 3.2: an RST counts where the target may know us to be.
std::optional<Refusal> Acceptance::judge_reset(TargetOffset at) const {
  const TargetOffset known = std::max(last_ack_sent, TargetOffset(0));
  if (at >= known && at <= rcv_nxt) return std::nullopt;
  return at > rcv_nxt && at <= right_edge ? Refusal::kResetInWindow : Refusal::kResetOutside;
}

}  // namespace tcpcopy::session
