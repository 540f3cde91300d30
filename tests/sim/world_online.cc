// SPDX-License-Identifier: BSD-3-Clause
// The clients, the online server, and capture on its host.
#include "tests/sim/world.hh"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "tests/sim/hosts.hh"

namespace tcpcopy::sim {
namespace {

using namespace std::chrono_literals;

const Address kOnlineAddress = Address::v4(0x0a000014);

}  // namespace

void World::start_client(std::uint32_t id, const ClientPlan& plan) {
  auto owned = std::make_unique<Client>();
  Client& client = *owned;
  clients_.push_back(std::move(owned));
  client.id = id;
  client.greeted = plan.greeted;
  client.script = plan.script;
  if (client.greeted) {
    client.expected = kGreeting;
    client.awaiting = true;
  }
  const Endpoint self{Address::v4(0xc0a80000U + id), static_cast<std::uint16_t>(40000 + id)};
  const Endpoint online{kOnlineAddress, client.greeted ? kGreetingPort : kOnlinePort};
  MiniTcp::Events events;
  events.transmit = [this](const Packet& packet) {
    note("client", packet);
    travel(Path::kClientOnline, packet, [this](const Packet& p) { at_online(p); });
  };
  events.received = [this, &client](const std::string& bytes) {
    client.got += bytes.size();
    if (client.awaiting && client.got >= client.expected) {
      client.awaiting = false;
      go_on(client);
    }
  };
  events.peer_closed = [&client] {
    client.server_closed = true;
    client.tcp->close();
  };
  events.was_reset = [&client] { client.broken = client.broken || !client.ended; };
  const std::uint32_t iss = draw_initial_number();
  client.first_seq = iss + 1;
  events.peer_erred = [](const char*) {};
  client.tcp = std::make_unique<MiniTcp>(clockwork_, self, online, iss, plan.offers, events);
  client.tcp->connect();
  if (!client.greeted) go_on(client);
}

// Does one act after the other, as far as they do not wait.
void World::go_on(Client& client) {
  const auto write = [&](const Request& request) {
    client.begins[request.number] = client.stream.size();
    client.waited[request.number] = client.got >= client.expected;
    client.stream += request.to_bytes();
    client.captured.resize(client.stream.size());
    client.read.resize(client.stream.size());
    if (request.response != Request::kBye) client.expected += request.response;
  };
  while (client.act < client.script.size()) {
    const Act& act = client.script[client.act];
    switch (act.kind) {
      case Act::Kind::kSend: {
        const std::size_t from = client.stream.size();
        client.first_of_write.insert(act.requests.front().number);
        for (const Request& request : act.requests)
          write(request);
        client.tcp->write(client.stream.substr(from));
        break;
      }
      case Act::Kind::kSendTiny:
        if (client.tiny_at == 0) {
          client.tiny_at = client.stream.size();
          client.first_of_write.insert(act.requests.front().number);
          write(act.requests.front());
        }
        client.tcp->write(client.stream.substr(client.tiny_at++, 1));
        if (client.tiny_at < client.stream.size()) {
          clockwork_.after(300us, [this, &client] { go_on(client); });
          return;
        }
        client.tiny_at = 0;
        break;
      case Act::Kind::kAwait:
        ++client.act;
        if (client.got < client.expected) {
          client.awaiting = true;
          return;
        }
        continue;
      case Act::Kind::kPause:
        ++client.act;
        clockwork_.after(std::chrono::milliseconds(act.pause_ms),
                         [this, &client] { go_on(client); });
        return;
      case Act::Kind::kKeepAlive:
        client.tcp->send_keep_alive();
        break;
      case Act::Kind::kClose:
        client.tcp->close();
        break;
      case Act::Kind::kAbort:
        client.ended = true;
        client.tcp->abort();
        break;
    }
    ++client.act;
  }
  client.ended = true;
}

void World::at_online(const Packet& packet) {
  note("at online", packet);
  tamper(Path::kCapture, packet, [this](const Packet& p) { capture(p); });
  const FlowKey flow{packet.source, packet.destination};
  auto& side = online_[flow];
  if (!side) {
    if (!packet.has(TcpFlags::kSyn)) {
      online_.erase(flow);
      return;
    }
    side = std::make_unique<OnlineSide>();
    OnlineSide& made = *side;
    MiniTcp::Events events;
    events.transmit = [this](const Packet& p) {
      note("online", p);
      travel(Path::kOnlineClient, p, [this](const Packet& arrived) {
        for (const auto& client : clients_) {
          if (arrived.destination.port == 40000 + client->id) client->tcp->on_packet(arrived);
        }
      });
    };
    events.received = [this, &made](const std::string& bytes) { serve_online(made, bytes); };
    events.peer_closed = [&made] { made.tcp->close(); };
    events.was_reset = [] {};
    events.peer_erred = [](const char*) {};
    made.tcp = std::make_unique<MiniTcp>(clockwork_, packet.destination, packet.source,
                                         draw_initial_number(), weather_.online_offers, events);
    made.tcp->accept(packet);
    if (packet.destination.port == kGreetingPort) made.tcp->write(std::string(kGreeting, 'g'));
    return;
  }
  side->tcp->on_packet(packet);
}

void World::serve_online(OnlineSide& side, const std::string& bytes) {
  side.reader.feed(bytes);
  while (const auto request = side.reader.next()) {
    if (request->response == Request::kBye) {
      side.tcp->close();
    } else {
      side.tcp->write(std::string(request->response, 'r'));
    }
  }
  if (side.reader.bad()) fail("the simulator itself is wrong: bad bytes at the online server");
}

void World::capture(const Packet& packet) {
  if (dice_.chance(weather_.capture_loss)) return;
  note_captured(packet);
  auto segment = to_segment<ClientSegment>(packet);
  segment.payload = as_bytes(packet.payload);
  engine_input([&] { engine_.on_client_segment(segment, clockwork_.now(), {*this, *this}); });
}

void World::note_captured(const Packet& packet) {
  const auto owner = std::find_if(clients_.begin(), clients_.end(), [&](const auto& client) {
    return packet.source.port == 40000 + client->id;
  });
  Client& client = **owner;
  const std::uint32_t at = packet.seq - client.first_seq;
  for (std::size_t i = 0; i < packet.payload.size(); ++i)
    client.captured[at + i] = true;
}

}  // namespace tcpcopy::sim
