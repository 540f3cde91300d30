// SPDX-License-Identifier: BSD-3-Clause
#include "common/channel/tcpcopy_end.hh"

#include <algorithm>
#include <utility>

namespace tcpcopy::channel {
namespace {

std::string printable(std::string_view text) {
  std::string result(text);
  std::replace_if(
      result.begin(), result.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return result;
}

}  // namespace

TcpcopyEnd::TcpcopyEnd(const Settings& settings, Instant now)
    : settings_(settings), version_6_(settings.mode), answer_due_(now + kAnswerTime) {
  wire::TcpcopyCodecV6::encode(wire::Hello{wire::kVersion}, unsent_);
  wire::TcpcopyCodecV6::encode(wire::Offer{wire::kVersion7}, unsent_);
}

void TcpcopyEnd::on_bytes(Bytes bytes, Instant now, OnResponse on_response) {
  liveness_.on_heard(now);
  if (version_ != wire::kVersion7) {
    while (const auto headers = version_6_.decode(bytes))
      on_response(wire::to_response(*headers));
    if (version_6_.version_7_begins()) {
      agree(now);
    } else if (auto fault = version_6_.fault()) {
      end(EndReason::kGarbage, std::move(*fault));
    }
  }
  if (version_ != wire::kVersion7) return;
  while (!over_) {
    const auto message = version_7_.decode(bytes);
    if (!message) break;
    take(*message, now, on_response);
  }
  if (version_7_.fault()) end(EndReason::kGarbage, *version_7_.fault());
}

// From here on both ends speak version 7.
void TcpcopyEnd::agree(Instant now) {
  wire::TcpcopyCodecV6::encode(wire::Hello{wire::kVersion7}, unsent_);
  version_ = wire::kVersion7;
  wire::Hello hello;
  hello.version = wire::kVersion7;
  hello.single = settings_.single;
  hello.payload = settings_.payload;
  wire::encode_v7(hello, unsent_);
  liveness_.begin(now);
}

void TcpcopyEnd::take(const wire::Message& message, Instant now, OnResponse on_response) {
  if (const auto* headers = std::get_if<wire::CapturedHeaders>(&message)) {
    auto response = wire::to_response(*headers);
    response.value.way_back = liveness_.age(headers->captured_at, now);
    on_response(response);
  } else if (const auto* hello = std::get_if<wire::Hello>(&message)) {
    about_ = printable(hello->about);
  } else if (const auto* alive = std::get_if<wire::Alive>(&message)) {
    liveness_.on_alive(*alive, now);
  } else if (const auto* tell = std::get_if<wire::Tell>(&message)) {
    if (told_.size() < kMaxTold) told_.push_back(*tell);
  }
}

bool TcpcopyEnd::ask(const wire::Ask& ask) {
  if (version_ != wire::kVersion7 || unsent().size() >= kMaxUnsent) return false;
  wire::encode_v7(ask, unsent_);
  return true;
}

bool TcpcopyEnd::announce(const FlowKey& flow) {
  if (unsent().size() >= kMaxUnsent) return false;
  if (version_ == wire::kVersion7) {
    wire::encode_v7(wire::AddRoute{flow}, unsent_);
  } else {
    wire::TcpcopyCodecV6::encode(wire::AddRoute{flow}, unsent_);
  }
  return true;
}

void TcpcopyEnd::on_sent(std::size_t size, Instant /*now*/) {
  sent_ += size;
  if (sent_ < unsent_.size()) return;
  unsent_.clear();
  sent_ = 0;
}

void TcpcopyEnd::on_deadline(Instant now) {
  if (version_ == 0 && now >= answer_due_) version_ = wire::kVersion;
  if (const auto alive = liveness_.take_due(now)) wire::encode_v7(*alive, unsent_);
  if (liveness_.dead(now)) end(EndReason::kDead, "it has said nothing for 3 s");
}

Instant TcpcopyEnd::next_deadline() const {
  return std::min(version_ == 0 ? answer_due_ : kNever, liveness_.next_deadline());
}

}  // namespace tcpcopy::channel
