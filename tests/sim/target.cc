// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/target.hh"

#include "tests/sim/places.hh"

namespace tcpcopy::sim {

void Target::on_packet(const Packet& packet) {
  stage_.note("at target", packet);
  const auto found = present_.find({packet.source, packet.destination});
  const bool syn = packet.has(TcpFlags::kSyn);
  const MiniTcp* tcp = found == present_.end() ? nullptr : &found->second->tcp();
  if (tcp != nullptr && !tcp->closed() && !(syn && tcp->finished())) {
    found->second->on_packet(packet);
    // A pool hides who it is.
    nobody_was_connected_ = nobody_was_connected_ || (is_nobody(packet.source.address) &&
                                                      tcp->state() == MiniTcp::State::kOpen);
  } else if (syn && stage_.weather().character == Character::kRefusing) {
    refuse(packet);
  } else if (syn) {
    open(packet);
  } else if (!packet.has(TcpFlags::kRst)) {
    deny(packet);
  }
}

void Target::open(const Packet& syn) {
  const FlowKey flow{syn.source, syn.destination};
  ++syns_[flow];
  all_.push_back(std::make_unique<TargetConnection>(stage_, syn, opened_[flow]++, clients_,
                                                    to_assistant_, life_));
  present_[flow] = all_.back().get();
  all_.back()->open(syn);
}

// RFC 9293, 3.10.7.1.
void Target::refuse(const Packet& syn) {
  ++syns_[{syn.source, syn.destination}];
  Packet rst;
  rst.source = syn.destination;
  rst.destination = syn.source;
  rst.flags = TcpFlags::kRst | TcpFlags::kAck;
  rst.ack = syn.seq + 1;
  to_assistant_.carry(rst);
}

// The same, for what is no SYN: nobody is there.
void Target::deny(const Packet& packet) {
  Packet rst;
  rst.source = packet.destination;
  rst.destination = packet.source;
  rst.flags = TcpFlags::kRst;
  rst.seq = packet.ack;
  to_assistant_.carry(rst);
}

void Target::restart() {
  was_restarted_ = true;
  for (const auto& [flow, connection] : present_)
    connection->abort();
  present_.clear();
}

std::optional<HeardFrom::Connection> Target::connection(const FlowKey& flow) const {
  const auto found = present_.find(flow);
  if (found == present_.end()) return std::nullopt;
  const TargetConnection& there = *found->second;
  return Connection{there.number(), there.tcp().sent_up_to(), there.tcp().closed()};
}

bool Target::has_read(const Client& client, std::size_t from, std::size_t to) const {
  const auto found = life_.read.find(&client);
  return found == life_.read.end() ? from >= to : found->second.all(from, to);
}

void Target::check_end() {
  if (nobody_was_connected_) stage_.fail("a SYN alone made a connection");
}

}  // namespace tcpcopy::sim
