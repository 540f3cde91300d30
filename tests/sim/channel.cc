// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/channel.hh"

#include <algorithm>
#include <utility>

#include "common/wire/message.hh"

namespace tcpcopy::sim {
namespace {

constexpr Duration kWayBack = std::chrono::microseconds(200);

}  // namespace

Channel::Channel(Stage& stage, AssistantEnd& assistant, const Address& peer)
    : stage_(stage), assistant_(assistant), peer_(peer) {
  for (int i = 0; i < (stage.weather().two_links ? 2 : 1); ++i)
    links_.emplace_back(mode_).id = assistant.open(*this);
}

Channel::Link* Channel::find(route::LinkId id) {
  const auto found =
      std::find_if(links_.begin(), links_.end(), [&](const Link& link) { return link.id == id; });
  return found == links_.end() ? nullptr : &*found;
}

// One link after the other, as far as they are up.
bool Channel::announce(const FlowKey& flow) {
  for (std::size_t i = 0; i < links_.size(); ++i) {
    Link& link = links_[next_link_++ % links_.size()];
    if (link.id == route::kNoLink) continue;
    link.tcpcopy.encode(wire::AddRoute{flow}, link.routes_out);
    return true;
  }
  return false;
}

void Channel::flush_announcements() {
  for (Link& link : links_) {
    if (link.routes_out.empty()) continue;
    const auto bytes = std::exchange(link.routes_out, {});
    const Duration way = std::chrono::microseconds(stage_.dice().between(20, 400));
    stage_.after(way, [this, bytes, id = link.id] {
      if (Link* there = find(id)) read_routes(*there, bytes);
    });
  }
}

void Channel::read_routes(Link& link, Bytes bytes) {
  while (!bytes.empty()) {
    Bytes piece = next_piece(bytes, 20);
    while (const auto message = link.intercept.decode(piece))
      assistant_.on_route({link.id, peer_}, std::get<wire::AddRoute>(*message).flow);
  }
  assistant_.end_wake_up();
}

Channel::Link* Channel::find_for_delivery(route::LinkId id) {
  Link* link = find(id);
  if (link == nullptr) stage_.fail("a response for a link that is closed");
  return link;
}

void Channel::deliver(route::LinkId id, const wire::CapturedHeaders& response) {
  if (Link* link = find_for_delivery(id)) link->intercept.encode(response);
}

void Channel::flush_responses() {
  for (Link& link : links_) {
    const Bytes out = link.intercept.encoded();
    if (out.empty()) continue;
    std::vector<std::byte> bytes(out.begin(), out.end());
    link.intercept.clear();
    stage_.after(kWayBack, [this, bytes, id = link.id] {  // in order: it always takes as long
      Link* there = find(id);
      if (there == nullptr) return;
      engine_->wake_up([&] { read_frames(*there, bytes); });
    });
  }
}

void Channel::read_frames(Link& link, Bytes bytes) {
  while (!bytes.empty()) {
    Bytes piece = next_piece(bytes, 100);
    while (const auto headers = link.tcpcopy.decode(piece)) {
      const auto response = wire::to_response(*headers);
      if (!response) return stage_.fail("a record that does not decode");
      engine_->on_response(response.value);
    }
  }
}

// Cuts the beginning off.
Bytes Channel::next_piece(Bytes& rest, std::uint64_t most) {
  const auto size = std::min<std::size_t>(rest.size(), 1 + stage_.dice().next() % most);
  const Bytes piece = rest.first(size);
  rest = rest.subspan(size);
  return piece;
}

void Channel::break_link() {
  const std::size_t which = stage_.dice().next() % links_.size();
  assistant_.close(links_[which].id);
  links_[which] = Link(mode_);
  const auto restore = [this] { engine_->on_restored(); };
  if (links_.size() > 1) engine_->wake_up(restore);
  stage_.after(stage_.draw_milliseconds(1, 5000), [this, which, restore] {
    links_[which].id = assistant_.open(*this);
    engine_->wake_up(restore);
  });
}

}  // namespace tcpcopy::sim
