// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/online.hh"

#include "tests/sim/places.hh"

namespace tcpcopy::sim {

void Online::on_packet(const Packet& packet) {
  stage_.note("at online", packet);
  to_tap_.carry(packet);
  const auto found = connections_.find({packet.source, packet.destination});
  const bool syn = packet.has(TcpFlags::kSyn);
  if (found != connections_.end() && !(syn && found->second.tcp->finished())) {
    found->second.tcp->on_packet(packet);
  } else if (syn) {
    open(packet);
  }
}

void Online::open(const Packet& syn) {
  const FlowKey flow{syn.source, syn.destination};
  connections_.erase(flow);
  Connection& made = connections_[flow];
  made.tcp = std::make_unique<MiniTcp>(stage_.clockwork(), syn.destination, syn.source,
                                       stage_.draw_initial_number(), stage_.weather().online_offers,
                                       events(made));
  made.tcp->accept(syn);
  if (syn.destination.port == kGreetingPort) made.tcp->write(std::string(kGreeting, 'g'));
}

MiniTcp::Events Online::events(Connection& connection) {
  MiniTcp::Events events;
  events.transmit = [this](const Packet& packet) {
    stage_.note("online", packet);
    to_clients_.carry(packet);
  };
  events.received = [this, &connection](const std::string& bytes) { serve(connection, bytes); };
  events.peer_closed = [&connection] { connection.tcp->close(); };
  events.was_reset = [] {};
  events.peer_erred = [](const char*) {};
  return events;
}

void Online::serve(Connection& connection, const std::string& bytes) {
  connection.reader.feed(bytes);
  while (const auto request = connection.reader.next())
    answer(connection, request->response);
  if (connection.reader.bad()) {
    stage_.fail("the simulator itself is wrong: bad bytes at the online server");
  }
}

void Online::answer(Connection& connection, std::uint32_t response) {
  const auto act = [&connection, response] {
    if (response == Request::kBye) {
      connection.tcp->close();
    } else {
      connection.tcp->write(std::string(response, 'r'));
    }
  };
  if (stage_.weather().online_think == Duration(0)) {
    act();
  } else {
    stage_.after(stage_.weather().online_think, act);
  }
}

}  // namespace tcpcopy::sim
