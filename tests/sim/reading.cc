// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/reading.hh"

namespace tcpcopy::sim {

std::optional<Reading::Stretch> Reading::take(const std::string& bytes) {
  if (in_the_middle_) return std::nullopt;
  if (client_ != nullptr) return advance(bytes);
  head_ += bytes;
  if (head_.size() >= Request::kHeader) find_begin();
  return client_ == nullptr || in_the_middle_ ? std::nullopt : advance(head_);
}

void Reading::find_begin() {
  const auto request = Request::parse(head_);
  const Client* owner = request ? clients_.of_id(request->client) : nullptr;
  if (owner == nullptr && stage_.plan().capture_misses() && begins_in_the_middle()) return;
  if (owner == nullptr || !owner->requests().contains(request->number)) {
    return stage_.fail("the target read bytes that no client sent");
  }
  client_ = owner;
  position_ = began_at_ = owner->requests().at(request->number);
}

// Where capture missed the start of a stream, nothing tells its requests from their tails, so the
// replay may begin with one; but never with bytes that no client sent.
bool Reading::begins_in_the_middle() {
  for (const auto& client : clients_.all()) {
    const std::size_t at = client->stream().find(head_);
    if (at == std::string::npos) continue;
    client_ = client.get();
    began_at_ = at;
    position_ = at + head_.size();
    in_the_middle_ = true;
    return true;
  }
  return false;
}

std::optional<Reading::Stretch> Reading::advance(const std::string& bytes) {
  const std::string& stream = client_->stream();
  const Stretch stretch{position_, position_ + bytes.size()};
  if (stretch.to > stream.size() || stream.compare(position_, bytes.size(), bytes) != 0) {
    stage_.fail("the target read other bytes than the client sent");
    return std::nullopt;
  }
  position_ = stretch.to;
  return stretch;
}

}  // namespace tcpcopy::sim
