// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/session/module/answer_order.hh"

#include <algorithm>
#include <utility>

#include "tcpcopy/session/module/limits.hh"

namespace tcpcopy::session {

void AnswerOrder::add(TargetOffset at, std::uint32_t length, Bytes beginning, bool heard_all) {
  if (at < next_) {
    const std::int64_t known = next_ - at;
    if (known >= length) return;
    length -= static_cast<std::uint32_t>(known);
    beginning = beginning.subspan(std::min(beginning.size(), static_cast<std::size_t>(known)));
    at = next_;
  }
  if (length == 0) return;
  if (waiting_.size() >= kMostAnswersWaiting && at > next_) return;
  Piece& piece = waiting_[at];
  // Of two that begin alike the one that tells more is kept.
  if (piece.beginning.size() < beginning.size()) {
    held_ -= piece.beginning.size();
    if (held_ + beginning.size() > kMostAnswerBytes && at > next_) beginning = {};
    piece.beginning.assign(beginning.begin(), beginning.end());
    held_ += piece.beginning.size();
  }
  piece.at = at;
  piece.length = std::max(piece.length, length);
  piece.heard_all = piece.heard_all || heard_all;
}

std::optional<AnswerOrder::Piece> AnswerOrder::next(TargetOffset arrived) {
  while (!waiting_.empty() && waiting_.begin()->first <= next_) {
    Piece piece = std::move(waiting_.extract(waiting_.begin()).mapped());
    held_ -= piece.beginning.size();
    const std::int64_t known = next_ - piece.at;
    if (known >= piece.length) continue;
    const auto cut = static_cast<std::ptrdiff_t>(
        std::min<std::int64_t>(known, static_cast<std::int64_t>(piece.beginning.size())));
    piece.beginning.erase(piece.beginning.begin(), piece.beginning.begin() + cut);
    piece.length -= static_cast<std::uint32_t>(known);
    piece.at = next_;
    next_ += piece.length;
    return piece;
  }
  if (next_ >= arrived) return std::nullopt;
  const TargetOffset end = waiting_.empty() ? arrived : std::min(arrived, waiting_.begin()->first);
  const Piece unseen{next_, static_cast<std::uint32_t>(end - next_), {}, false};
  next_ = end;
  return unseen;
}

}  // namespace tcpcopy::session
