// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/path_doubt.hh"

#include <fmt/format.h>

#include <algorithm>

namespace tcpcopy::replayer {
namespace {

constexpr std::uint64_t kFewResets = 4;  // in kPatience
constexpr int kPatienceSeconds = PathDoubt::kPatience / std::chrono::seconds(1);

}  // namespace

// Whether there was effort for kPatience, and no progress.
bool PathDoubt::Mark::in_vain(std::uint64_t progress_now, std::uint64_t effort_now, Instant now) {
  if (progress_now != progress) {
    *this = {progress_now, effort_now, kNever};
    return false;
  }
  if (effort_now > effort) in_vain_since = std::min(in_vain_since, now);
  return in_vain_since != kNever && now >= in_vain_since + kPatience;
}

// Where answers leak their receivers reset the connections, some behind the first bytes.
bool PathDoubt::resets_prevail(const Standing& standing, Instant now) {
  const std::uint64_t resets = standing.resets - calm_.resets;
  const std::uint64_t connections = standing.connections - calm_.connections;
  if (resets > 0) resets_since_ = std::min(resets_since_, now);
  const bool prevail = resets >= kFewResets && 2 * resets >= connections;
  const bool time_is_up = resets_since_ != kNever && now >= resets_since_ + kPatience;
  if (resets == 0 || time_is_up) {
    calm_ = standing;
    resets_since_ = kNever;
  }
  return prevail && time_is_up;
}

std::optional<PathDoubt::Doubt> PathDoubt::find(const Standing& standing, Instant now) {
  const bool unanswered = asking_.in_vain(standing.connections, standing.syns, now);
  const bool untaken = speaking_.in_vain(standing.delivered, standing.sent, now);
  const bool resets = resets_prevail(standing, now);
  if (unanswered) {
    return Doubt{fmt::format("{} SYNs were sent, and no connection was established in {} s",
                             standing.syns - asking_.effort, kPatienceSeconds)};
  }
  if (untaken && standing.connections > 0) {
    return Doubt{
        fmt::format("{} connections were established, and the target has taken no byte in "
                    "{} s",
                    standing.connections, kPatienceSeconds)};
  }
  if (resets) {
    return Doubt{fmt::format("the target has reset {} of {} connections", standing.resets,
                             standing.connections),
                 false};
  }
  return std::nullopt;
}

std::optional<PathDoubt::Doubt> PathDoubt::look(const Standing& standing, Instant now) {
  std::optional<Doubt> doubt = find(standing, now);
  if (!doubt) return std::nullopt;
  if (doubted_at_ != kNever &&
      (now < doubted_at_ + kPause || standing.delivered == delivered_at_doubt_)) {
    return std::nullopt;
  }
  doubted_at_ = now;
  delivered_at_doubt_ = standing.delivered;
  return doubt;
}

}  // namespace tcpcopy::replayer
