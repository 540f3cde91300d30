// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/link/tcpcopy_link.hh"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "common/runtime/errors.hh"
#include "common/runtime/socket.hh"

namespace tcpcopy::link {
namespace {

constexpr std::size_t kReadSize = 16U << 10U;  // some 1,100 messages; then others have their turn

bool known_type(const wire::RouteMessage& message) {
  using Type = wire::RouteMessage::Type;
  return message.type == static_cast<std::uint16_t>(Type::kAddRoute) ||
         message.type == static_cast<std::uint16_t>(Type::kDeleteRoute);
}

// A socket's error; none when it was only not ready.
MaybeEnd failed_with(int error) {
  if (error == EAGAIN || error == EINTR) return {};
  const bool gone = error == ETIMEDOUT || error == EHOSTUNREACH || error == ENETUNREACH;
  return LinkEnd{gone ? EndReason::kUnreachable : EndReason::kNetworkError,
                 runtime::error_text(error)};
}

}  // namespace

TcpcopyLink::TcpcopyLink(runtime::UniqueFd fd, const Endpoint& peer, wire::FrameMode mode,
                         std::size_t max_records, Instant now)
    : fd_(std::move(fd)),
      peer_(peer),
      frames_(mode, max_records),
      progress_at_(now),
      message_due_(now + kMessageTime) {
  runtime::prepare_link(fd_.get(), kPatience);
}

MaybeEnd TcpcopyLink::read(Instant now, const OnMessage& on_message) {
  std::array<std::byte, kReadSize> buffer;  // NOLINT(*-member-init): written by recv
  const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size > 0) return take(Bytes(buffer).first(static_cast<std::size_t>(size)), now, on_message);
  if (size == 0) return LinkEnd{EndReason::kClosedByTcpcopy, "closed by its tcpcopy"};
  return failed_with(errno);
}

MaybeEnd TcpcopyLink::take(Bytes bytes, Instant now, const OnMessage& on_message) {
  while (const auto message = decoder_.next(bytes)) {
    if (!greeted_) {
      // The version of a 1.x or of ours; or, from clients before it, a first route.
      if (!message->is_version() && !known_type(*message)) {
        return LinkEnd{EndReason::kGarbage, "what it sent is no message of a tcpcopy"};
      }
      greeted_ = true;
      if (message->is_version()) {
        version_ = message->type;
        continue;
      }
    }
    if (!known_type(*message)) {
      return LinkEnd{EndReason::kGarbage,
                     fmt::format("message type {} is unknown: is this a tcpcopy of control channel "
                                 "version {}?",
                                 message->type, wire::kVersion)};
    }
    on_message(*message);
  }
  if (decoder_.mid_message() && !mid_message_) message_due_ = now + kMessageTime;
  mid_message_ = decoder_.mid_message();
  return {};
}

MaybeEnd TcpcopyLink::overdue(Instant now) const {
  if (!greeted_ && now >= message_due_) {
    return LinkEnd{EndReason::kSilent, "it said nothing in time"};
  }
  if (mid_message_ && now >= message_due_) {
    return LinkEnd{EndReason::kUnfinishedMessage, "it began a message and did not finish it"};
  }
  if (runtime::unanswered_for(fd_.get()) >= kPatience) {
    return LinkEnd{EndReason::kUnreachable, "its host does not answer any more"};
  }
  if (waiting() && now >= progress_at_ + kStallTime) {
    return LinkEnd{EndReason::kStalled, "its tcpcopy reads nothing any more"};
  }
  return {};
}

std::uint64_t TcpcopyLink::queued_responses() const {
  std::uint64_t sum = 0;
  for (const Block& block : queue_)
    sum += block.records;
  return sum;
}

void TcpcopyLink::enqueue(std::size_t max_queued) {
  const Bytes bytes = frames_.bytes();
  // The oldest block goes first, but never one that was begun: the reader would lose its place.
  while (!queue_.empty() && queued_bytes_ + bytes.size() > max_queued) {
    const std::size_t victim = front_sent_ > 0 ? 1 : 0;
    if (victim >= queue_.size()) break;
    queued_bytes_ -= queue_[victim].bytes.size();
    dropped_bytes_ += queue_[victim].bytes.size();
    dropped_responses_ += queue_[victim].records;
    queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(victim));
  }
  queue_.push_back({{bytes.begin(), bytes.end()}, frames_.records()});
  queued_bytes_ += bytes.size();
  frames_.clear();
}

MaybeEnd TcpcopyLink::write_queue(Instant now) {
  while (!queue_.empty()) {
    const Block& front = queue_.front();
    const ssize_t sent = ::send(fd_.get(), front.bytes.data() + front_sent_,
                                front.bytes.size() - front_sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return failed_with(errno);
    progress_at_ = now;
    front_sent_ += static_cast<std::size_t>(sent);
    if (front_sent_ < front.bytes.size()) return {};
    queued_bytes_ -= front.bytes.size();
    queue_.pop_front();
    front_sent_ = 0;
  }
  return {};
}

MaybeEnd TcpcopyLink::flush(Instant now, std::size_t max_queued) {
  if (!queue_.empty()) {
    if (!frames_.empty()) enqueue(max_queued);
    return write_queue(now);
  }
  if (frames_.empty()) return {};
  progress_at_ = now;
  const Bytes bytes = frames_.bytes();  // the usual case: straight from the encoder
  const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) {
    if (MaybeEnd end = failed_with(errno)) return end;
  }
  const std::size_t done = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  if (done == bytes.size()) {
    frames_.clear();
  } else {
    enqueue(max_queued);
    front_sent_ = done;
  }
  return {};
}

}  // namespace tcpcopy::link
