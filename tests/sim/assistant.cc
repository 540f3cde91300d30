// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/assistant.hh"

#include <vector>

#include "common/net/packet_writer.hh"
#include "tests/sim/packets.hh"

namespace tcpcopy::sim {

Assistant::Assistant(Stage& stage) : stage_(stage) {}

void Assistant::on_packet(const Packet& packet) {
  const auto segment = to_segment<ReplaySegment>(packet);
  const Bytes payload = as_bytes(packet.payload);
  std::vector<std::byte> bytes(net::kMaxHeaders + packet.payload.size());
  bytes.resize(net::write_packet(segment, {&payload, 1}, 1, bytes));
  const auto parsed = net::parse_tcp_packet(bytes, net::Extent::kHeaders);
  if (!parsed) return stage_.fail("the simulator itself is wrong: a packet that does not parse");
  router_.on_response(parsed.value, stage_.now(), *this);
  end_wake_up();
}

route::LinkId Assistant::open(Channel& channel) {
  links_[++last_link_] = &channel;
  return last_link_;
}

void Assistant::close(route::LinkId link) {
  links_.erase(link);
  router_.on_link_closed(link);
}

void Assistant::on_route(const route::Announcer& from, const FlowKey& flow) {
  router_.on_route(from, flow, stage_.now(), *this);
}

void Assistant::end_wake_up() {
  for (const auto& [link, channel] : links_)
    channel->flush_responses();
}

Channel* Assistant::channel_of(route::LinkId link) {
  const auto found = links_.find(link);
  if (found != links_.end()) return found->second;
  stage_.fail("a response for a link that is closed");
  return nullptr;
}

void Assistant::deliver(route::LinkId link, const wire::CapturedHeaders& response) {
  if (Channel* channel = channel_of(link)) channel->deliver(link, response);
}

}  // namespace tcpcopy::sim
