// SPDX-License-Identifier: BSD-3-Clause
#include "common/channel/intercept_end.hh"

#include <algorithm>
#include <utility>

namespace tcpcopy::channel {

InterceptEnd::InterceptEnd(wire::FrameMode mode, std::size_t max_records, Instant now)
    : codec_(mode, max_records), progress_at_(now), message_due_(now + kMessageTime) {}

void InterceptEnd::on_bytes(Bytes bytes, Instant now, OnMessage on_message) {
  while (const auto message = codec_.decode(bytes)) {
    greeted_ = true;  // a client older than the first Hello begins with a route
    if (const auto* hello = std::get_if<wire::Hello>(&*message)) {
      version_ = hello->version;
    } else {
      on_message(*message);
    }
  }
  if (auto fault = codec_.fault()) {
    over_ = {EndReason::kGarbage,
             greeted_ ? std::move(*fault) : "what it sent is no message of a tcpcopy"};
    return;
  }
  if (codec_.mid_message() && !mid_message_) message_due_ = now + kMessageTime;
  mid_message_ = codec_.mid_message();
}

Bytes InterceptEnd::unsent() const {
  if (!queue_.empty()) return queue_.front();
  return codec_.encoded().subspan(fresh_sent_);  // the usual case: straight from the encoder
}

void InterceptEnd::on_sent(std::size_t size, Instant now) {
  progress_at_ = now;
  if (!queue_.empty()) {
    queue_.on_sent(size);
    return;
  }
  fresh_sent_ += size;
  if (fresh_sent_ < codec_.encoded().size()) return;
  codec_.clear();
  fresh_sent_ = 0;
}

void InterceptEnd::settle(Instant now, std::size_t max_queued) {
  if (codec_.encoded().empty()) return;
  if (queue_.empty()) progress_at_ = now;
  queue_.push(codec_.encoded(), codec_.records(), std::exchange(fresh_sent_, 0), max_queued);
  codec_.clear();
}

void InterceptEnd::on_deadline(Instant now) {
  if (now >= message_due_ && !greeted_) {
    over_ = {EndReason::kSilent, "it said nothing in time"};
  } else if (now >= message_due_ && mid_message_) {
    over_ = {EndReason::kUnfinishedMessage, "it began a message and did not finish it"};
  } else if (waiting() && now >= progress_at_ + kStallTime) {
    over_ = {EndReason::kStalled, "its tcpcopy reads nothing any more"};
  }
}

Instant InterceptEnd::next_deadline() const {
  const Instant message = !greeted_ || mid_message_ ? message_due_ : kNever;
  return std::min(message, waiting() ? progress_at_ + kStallTime : kNever);
}

}  // namespace tcpcopy::channel
