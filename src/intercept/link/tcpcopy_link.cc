// SPDX-License-Identifier: BSD-3-Clause
#include "intercept/link/tcpcopy_link.hh"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "common/runtime/errors.hh"

namespace tcpcopy::link {
namespace {

constexpr std::size_t kReadSize = 16U << 10U;  // some 1,100 messages; then others have their turn

bool known_type(const wire::RouteMessage& message) {
  using Type = wire::RouteMessage::Type;
  return message.type == static_cast<std::uint16_t>(Type::kAddRoute) ||
         message.type == static_cast<std::uint16_t>(Type::kDeleteRoute);
}

}  // namespace

TcpcopyLink::TcpcopyLink(runtime::UniqueFd fd, const Endpoint& peer, wire::FrameMode mode,
                         std::size_t max_records, Instant now)
    : fd_(std::move(fd)),
      peer_(peer),
      frames_(mode, max_records),
      message_due_(now + kMessageTime) {}

std::string TcpcopyLink::read(Instant now, const OnMessage& on_message) {
  std::array<std::byte, kReadSize> buffer;  // NOLINT(*-member-init): written by recv
  const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size > 0) return take(Bytes(buffer).first(static_cast<std::size_t>(size)), now, on_message);
  if (size == 0) return "closed by its tcpcopy";
  return errno == EAGAIN || errno == EINTR ? "" : runtime::error_text(errno);
}

std::string TcpcopyLink::take(Bytes bytes, Instant now, const OnMessage& on_message) {
  while (const auto message = decoder_.next(bytes)) {
    if (!std::exchange(greeted_, true)) {
      if (std::string why = judge_first(*message); !why.empty()) return why;
      if (message->is_version()) continue;
    }
    if (!known_type(*message)) {
      return fmt::format(
          "message type {} is unknown: is this a tcpcopy of control channel version "
          "{}?",
          message->type, wire::kVersion);
    }
    on_message(*message);
  }
  if (decoder_.mid_message() && !mid_message_) message_due_ = now + kMessageTime;
  mid_message_ = decoder_.mid_message();
  return {};
}

// The version of a 1.x or of ours; or, from clients before it, a first route.
std::string TcpcopyLink::judge_first(const wire::RouteMessage& message) const {
  if (message.is_version()) {
    if (message.type != wire::kVersion) {
      spdlog::warn("{} speaks version {} of the control channel, this intercept {}",
                   peer_.to_string(), message.type, wire::kVersion);
    }
    return {};
  }
  if (!known_type(message)) return "what it sent is no message of a tcpcopy";
  spdlog::warn("{} names no version: an old tcpcopy", peer_.to_string());
  return {};
}

std::string TcpcopyLink::overdue(Instant now) const {
  if ((greeted_ && !mid_message_) || now < message_due_) return {};
  return greeted_ ? "it began a message and did not finish it" : "it said nothing in time";
}

void TcpcopyLink::enqueue(Bytes bytes) {
  // The oldest block goes first, but never one that was begun: the reader would lose its place.
  while (!queue_.empty() && queued_bytes_ + bytes.size() > kMaxQueued) {
    const std::size_t victim = front_sent_ > 0 ? 1 : 0;
    if (victim >= queue_.size()) break;
    queued_bytes_ -= queue_[victim].size();
    dropped_bytes_ += queue_[victim].size();
    queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(victim));
  }
  queue_.emplace_back(bytes.begin(), bytes.end());
  queued_bytes_ += bytes.size();
}

std::string TcpcopyLink::write_queue() {
  while (!queue_.empty()) {
    const auto& front = queue_.front();
    const ssize_t sent = ::send(fd_.get(), front.data() + front_sent_, front.size() - front_sent_,
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR ? "" : runtime::error_text(errno);
    front_sent_ += static_cast<std::size_t>(sent);
    if (front_sent_ < front.size()) return {};
    queued_bytes_ -= front.size();
    queue_.pop_front();
    front_sent_ = 0;
  }
  return {};
}

std::string TcpcopyLink::flush() {
  if (queue_.empty() && !frames_.empty()) {  // the usual case: straight from the encoder
    const Bytes bytes = frames_.bytes();
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return runtime::error_text(errno);
    const std::size_t done = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    if (done < bytes.size()) {
      enqueue(bytes);
      front_sent_ = done;
    }
    frames_.clear();
    return {};
  }
  if (!frames_.empty()) {
    enqueue(frames_.bytes());
    frames_.clear();
  }
  return write_queue();
}

}  // namespace tcpcopy::link
