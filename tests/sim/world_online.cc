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

constexpr Duration kReuseWithin = 60s;  // of ports, from the start

}  // namespace

World::Client* World::client_of(std::uint16_t port) {
  const auto found = std::find_if(clients_.begin(), clients_.end(), [&](const auto& client) {
    return client->port == port && !client->replaced;
  });
  return found == clients_.end() ? nullptr : found->get();
}

void World::start_client(std::uint32_t id, const ClientPlan& plan) {
  std::uint16_t port = static_cast<std::uint16_t>(40000 + id);
  std::uint32_t address = 0xc0a80000U + id;
  if (plan.reuses_ports && !clients_.empty()) {
    Client& last = *clients_.back();
    // Its FIN has been acknowledged for a while, or it has aborted.
    if (!last.tcp->finished() || stage_.now() < client_ended_at_ + 1s) {
      if (stage_.now() > stage_.started_at() + kReuseWithin) return;  // it never comes
      stage_.after(1s, [this, id, &plan] { start_client(id, plan); });
      return;
    }
    last.replaced = true;
    port = last.port;
    address = 0xc0a80000U + port - 40000U;
  }
  auto owned = std::make_unique<Client>();
  Client& client = *owned;
  clients_.push_back(std::move(owned));
  client.id = id;
  client.port = port;
  client.greeted = plan.greeted;
  client.script = plan.script;
  if (client.greeted) {
    client.expected = kGreeting;
    client.awaiting = true;
  }
  const Endpoint self{Address::v4(address), port};
  const Endpoint online{kOnlineAddress, client.greeted ? kGreetingPort : kOnlinePort};
  MiniTcp::Events events;
  events.transmit = [this](const Packet& packet) {
    stage_.note("client", packet);
    path(PathId::kClientOnline).carry(packet);
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
  const std::uint32_t iss = stage_.draw_initial_number() + (plan.reuses_ports ? id << 24U : 0);
  client.first_seq = iss + 1;
  events.peer_erred = [](const char*) {};
  client.tcp =
      std::make_unique<MiniTcp>(stage_.clockwork(), self, online, iss, plan.offers, events);
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
          stage_.after(300us, [this, &client] { go_on(client); });
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
        stage_.after(std::chrono::milliseconds(act.pause_ms), [this, &client] { go_on(client); });
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

void World::at_client(const Packet& packet) {
  if (Client* client = client_of(packet.destination.port)) client->tcp->on_packet(packet);
}

void World::at_online(const Packet& packet) {
  stage_.note("at online", packet);
  path(PathId::kCapture).carry(packet);
  const FlowKey flow{packet.source, packet.destination};
  auto& side = online_[flow];
  if (side && side->tcp->finished() && packet.has(TcpFlags::kSyn)) side.reset();
  if (!side) {
    if (!packet.has(TcpFlags::kSyn)) {
      online_.erase(flow);
      return;
    }
    side = std::make_unique<OnlineSide>();
    OnlineSide& made = *side;
    MiniTcp::Events events;
    events.transmit = [this](const Packet& p) {
      stage_.note("online", p);
      path(PathId::kOnlineClient).carry(p);
    };
    events.received = [this, &made](const std::string& bytes) { serve_online(made, bytes); };
    events.peer_closed = [&made] { made.tcp->close(); };
    events.was_reset = [] {};
    events.peer_erred = [](const char*) {};
    made.tcp =
        std::make_unique<MiniTcp>(stage_.clockwork(), packet.destination, packet.source,
                                  stage_.draw_initial_number(), weather_.online_offers, events);
    made.tcp->accept(packet);
    if (packet.destination.port == kGreetingPort) made.tcp->write(std::string(kGreeting, 'g'));
    return;
  }
  side->tcp->on_packet(packet);
}

void World::serve_online(OnlineSide& side, const std::string& bytes) {
  side.reader.feed(bytes);
  while (const auto request = side.reader.next()) {
    const auto act = [&side, response = request->response] {
      if (response == Request::kBye) {
        side.tcp->close();
      } else {
        side.tcp->write(std::string(response, 'r'));
      }
    };
    if (weather_.online_think == 0ns) {
      act();
    } else {
      stage_.after(weather_.online_think, act);
    }
  }
  if (side.reader.bad())
    stage_.fail("the simulator itself is wrong: bad bytes at the online server");
}

void World::capture(const Packet& packet) {
  if (stage_.dice().chance(weather_.capture_loss)) return;
  note_captured(packet);
  if (packet.has(TcpFlags::kFin) || packet.has(TcpFlags::kRst)) client_ended_at_ = stage_.now();
  engine_.on_captured(packet);
}

void World::note_captured(const Packet& packet) {
  Client* client = client_of(packet.source.port);
  if (client == nullptr) return;  // nobody
  const std::uint32_t at = packet.seq - client->first_seq;
  if (at + packet.payload.size() > client->captured.size()) return;  // behind the end: its FIN
  for (std::size_t i = 0; i < packet.payload.size(); ++i)
    client->captured[at + i] = true;
  if (packet.payload.empty()) return;
  for (const auto& [number, begin] : client->begins) {
    if (begin >= at && begin < at + packet.payload.size())
      client->captured_at.try_emplace(number, stage_.now());
  }
}

// SYNs, and nothing more, of clients that do not exist.
void World::start_flood() {
  for (int i = 0; i < weather_.flood; ++i) {
    stage_.after(stage_.draw_milliseconds(1, 1000), [this, i] {
      Packet syn;
      syn.source = {Address::v4(kNobody + static_cast<std::uint32_t>(i)), 30'000};
      syn.destination = {kOnlineAddress, kOnlinePort};
      syn.seq = stage_.draw_initial_number();
      syn.flags = TcpFlags::kSyn;
      syn.window = 65535;
      at_online(syn);
    });
  }
}

void World::start_forging() {
  for (int i = 0; i < 6; ++i) {
    stage_.after(stage_.draw_milliseconds(1, 3000), [this] {
      for (const auto& client : clients_) {
        if (!client->replaced && !client->tcp->closed()) forge(*client);
      }
    });
  }
}

// A packet in a client's name, which its server will not believe, so that neither may we; or one in
// the target's.
void World::forge(Client& client) {
  Packet packet;
  packet.source = {Address::v4(0xc0a80000U + client.port - 40000U), client.port};
  packet.destination = {kOnlineAddress, client.greeted ? kGreetingPort : kOnlinePort};
  packet.ack = static_cast<std::uint32_t>(stage_.dice().next());
  packet.window = static_cast<std::uint16_t>(stage_.dice().next());
  const std::uint32_t expected = client.tcp->sent_up_to();
  constexpr std::int64_t kWindow = 60'000;
  switch (stage_.dice().between(0, 3)) {
    case 0:  // in the window, and not where it is expected
      packet.flags = TcpFlags::kRst;
      packet.seq = expected + static_cast<std::uint32_t>(stage_.dice().between(1, kWindow));
      break;
    case 1:
      packet.flags = TcpFlags::kRst | TcpFlags::kAck;
      packet.seq = static_cast<std::uint32_t>(stage_.dice().next());
      if (packet.seq == expected) ++packet.seq;
      break;
    case 2:  // bytes far outside, which acknowledge anything
      packet.flags = TcpFlags::kAck | TcpFlags::kPsh;
      packet.seq = expected + static_cast<std::uint32_t>(stage_.dice().between(2, 30)) * 1'000'000;
      packet.payload = std::string(100, 'f');
      break;
    default:
      packet.flags = TcpFlags::kAck;
      packet.seq = static_cast<std::uint32_t>(stage_.dice().next());
      break;
  }
  stage_.note("forged", packet);
  engine_.on_captured(packet);
}

}  // namespace tcpcopy::sim
