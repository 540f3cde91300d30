// SPDX-License-Identifier: BSD-3-Clause
#include "common/channel/intercept_end.hh"

#include <algorithm>
#include <utility>

#include "common/net/bytes.hh"

namespace tcpcopy::channel {

InterceptEnd::InterceptEnd(const Settings& settings, Instant now)
    : max_payload_(settings.payload),
      about_(settings.about),
      version_6_(settings.mode, settings.max_records),
      progress_at_(now),
      message_due_(now + kMessageTime) {}

void InterceptEnd::on_bytes(Bytes bytes, Instant now, OnMessage on_message) {
  liveness_.on_heard(now);
  while (!over_) {
    const auto message = agreed_ ? version_7_.decode(bytes) : version_6_.decode(bytes);
    if (!message) break;
    take(*message, now, on_message);
  }
  if (over_) return;
  if (auto fault = agreed_ ? version_7_.fault() : version_6_.fault()) {
    end(EndReason::kGarbage,
        greeted_ ? std::move(*fault) : "what it sent is no message of a tcpcopy");
    return;
  }
  const bool mid_message = agreed_ ? version_7_.mid_message() : version_6_.mid_message();
  if (mid_message && !mid_message_) message_due_ = now + kMessageTime;
  mid_message_ = mid_message;
}

void InterceptEnd::take(const wire::Message& message, Instant now, OnMessage on_message) {
  if (const auto* hello = std::get_if<wire::Hello>(&message)) {
    if (agreed_) {
      payload_ = std::min(max_payload_, hello->payload);
      wishes_ = Wishes{hello->single};
    } else {
      on_version(hello->version, now);
    }
  } else if (std::holds_alternative<wire::Offer>(message)) {
    on_offer(now);
  } else if (const auto* alive = std::get_if<wire::Alive>(&message)) {
    liveness_.on_alive(*alive, now);
  } else if (std::holds_alternative<wire::CapturedHeaders>(message)) {
    end(EndReason::kGarbage, "it sent a response, which only an intercept does");
  } else if (std::holds_alternative<wire::Tell>(message)) {
    end(EndReason::kGarbage, "it answers what was not asked");
  } else if (const auto* route = std::get_if<wire::AddRoute>(&message);
             route != nullptr &&
             !(route->flow.client.address.is_v4() && route->flow.server.address.is_v4())) {
    end(EndReason::kGarbage, "it announced a connection over IPv6, which this intercept has not");
  } else {
    greeted_ = true;  // a client older than the first Hello begins with a route
    on_message(message);
  }
}

// The first message of a link; or, behind an offer, the last one of version 6.
void InterceptEnd::on_version(std::uint16_t version, Instant now) {
  if (!greeted_) {
    greeted_ = true;
    version_ = version;
  } else if (answered_ && version == wire::kVersion7) {
    agreed_ = true;
    version_ = version;
    liveness_.begin(now);
  } else {
    end(EndReason::kGarbage, "it says again that it is of version " + std::to_string(version));
  }
}

void InterceptEnd::on_offer(Instant now) {
  if (!greeted_ || answered_) return;
  settle(now, SIZE_MAX);  // frames of version 6 that wait leave first
  answered_ = true;
  fresh_.resize(sizeof wire::kVersion7Begins);
  net::store_be16(fresh_.data(), wire::kVersion7Begins);
  wire::Hello hello;
  hello.version = wire::kVersion7;
  hello.payload = max_payload_;
  hello.about = about_;
  wire::encode_v7(hello, fresh_);
  settle(now, SIZE_MAX);  // apart from responses, with which it could be dropped
}

void InterceptEnd::add(const wire::CapturedHeaders& response) {
  if (!answered_) {
    version_6_.encode(response);
    return;
  }
  wire::encode_v7(response, payload_, fresh_);
  ++fresh_records_;
}

// Apart from responses, with which it could be dropped. REQUIRES: version 7 is spoken to it.
template <typename Message>
void InterceptEnd::say(const Message& message, Instant now) {
  settle(now, SIZE_MAX);
  wire::encode_v7(message, fresh_);
  settle(now, SIZE_MAX);
}

void InterceptEnd::tell(const wire::Tell& tell, Instant now) { say(tell, now); }

Bytes InterceptEnd::unsent() const {
  if (!queue_.empty()) return queue_.front();
  return fresh().subspan(fresh_sent_);  // the usual case: straight from the encoder
}

void InterceptEnd::on_sent(std::size_t size, Instant now) {
  progress_at_ = now;
  if (!queue_.empty()) {
    queue_.on_sent(size);
    return;
  }
  fresh_sent_ += size;
  if (fresh_sent_ == fresh().size()) clear_fresh();
}

void InterceptEnd::settle(Instant now, std::size_t max_queued) {
  if (fresh().empty()) return;
  if (queue_.empty()) progress_at_ = now;
  queue_.push(fresh(), fresh_records(), fresh_sent_, max_queued);
  clear_fresh();
}

void InterceptEnd::clear_fresh() {
  version_6_.clear();
  fresh_.clear();
  fresh_records_ = 0;
  fresh_sent_ = 0;
}

void InterceptEnd::on_deadline(Instant now) {
  if (const auto alive = liveness_.take_due(now)) say(*alive, now);
  if (now >= message_due_ && !greeted_) {
    end(EndReason::kSilent, "it said nothing in time");
  } else if (now >= message_due_ && mid_message_) {
    end(EndReason::kUnfinishedMessage, "it began a message and did not finish it");
  } else if (waiting() && now >= progress_at_ + kStallTime) {
    end(EndReason::kStalled, "its tcpcopy reads nothing any more");
  } else if (liveness_.dead(now)) {
    end(EndReason::kDead, "its tcpcopy has said nothing for 3 s");
  }
}

Instant InterceptEnd::next_deadline() const {
  const Instant message = !greeted_ || mid_message_ ? message_due_ : kNever;
  const Instant stalled = waiting() ? progress_at_ + kStallTime : kNever;
  return std::min({message, stalled, liveness_.next_deadline()});
}

}  // namespace tcpcopy::channel
