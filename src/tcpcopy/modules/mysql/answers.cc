// SPDX-License-Identifier: BSD-3-Clause
#include "tcpcopy/modules/mysql/answers.hh"

#include <algorithm>

namespace tcpcopy::modules::mysql {

void Answers::feed(const ModuleAnswer& answer, const OnPacket& on_packet) {
  if (lost_) return;
  take(answer.beginning, on_packet);
  skip(answer.length - answer.beginning.size(), on_packet);
}

void Answers::take(Bytes bytes, const OnPacket& on_packet) {
  while (!bytes.empty() && !lost_) {
    if (frame_.size() < kFrame) {
      const std::size_t more = std::min(bytes.size(), kFrame - frame_.size());
      frame_.insert(frame_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(more));
      bytes = bytes.subspan(more);
      if (frame_.size() == kFrame) left_ = read_frame(frame_).length;
    } else {
      const auto more = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
      if (head_seen_ && head_.size() < kMostHead) {
        const std::size_t kept = std::min(more, kMostHead - head_.size());
        head_.insert(head_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(kept));
      }
      left_ -= more;
      bytes = bytes.subspan(more);
    }
    if (frame_.size() == kFrame && left_ == 0) end_packet(on_packet);
  }
}

void Answers::skip(std::uint64_t length, const OnPacket& on_packet) {
  if (length == 0) return;
  const bool known = frame_.size() == kFrame && length <= left_;
  if (!known) {
    if (frame_.size() == kFrame) end_packet(on_packet);
    lost_ = true;
    return;
  }
  head_seen_ = false;
  left_ -= length;
  if (left_ == 0) end_packet(on_packet);
}

void Answers::end_packet(const OnPacket& on_packet) {
  const Frame frame = read_frame(frame_);
  const std::vector<std::byte> head = std::move(head_);
  frame_.clear();
  head_.clear();
  head_seen_ = true;
  left_ = 0;
  on_packet(frame, head);
}

}  // namespace tcpcopy::modules::mysql
