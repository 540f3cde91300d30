// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/world.hh"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <set>
#include <utility>

#include "common/net/packet_writer.hh"

namespace tcpcopy::sim {
namespace {

using namespace std::chrono_literals;

const Address kOnlineAddress = Address::v4(0x0a000014);
const Address kTargetAddress = Address::v4(0x0a00001e);
const Endpoint kTarget{kTargetAddress, 8080};
const Endpoint kTargetGreeting{kTargetAddress, 8081};
constexpr std::uint16_t kOnlinePort = 80;
constexpr std::uint16_t kGreetingPort = 81;
constexpr Duration kPatience = 4000s;

constexpr Duration kHeldBackAtMost = 50ms;

session::Settings settings_of(const Weather& weather) {
  session::Settings settings;
  settings.turn_order = weather.turn_order;
  return settings;
}

session::TargetRules rules() {
  return session::TargetRules(
      {{std::nullopt, kOnlinePort, kTarget}, {std::nullopt, kGreetingPort, kTargetGreeting}});
}

template <typename SegmentType>
SegmentType to_segment(const Packet& packet) {
  SegmentType segment;
  segment.source = packet.source;
  segment.destination = packet.destination;
  segment.seq = decltype(segment.seq)(packet.seq);
  segment.ack = decltype(segment.ack)(packet.ack);
  segment.flags = {packet.flags};
  segment.window = packet.window;
  segment.options = packet.options;
  for (const auto& [begin, end] : packet.sacks)
    segment.sacks[segment.sack_count++] = {decltype(segment.ack)(begin),
                                           decltype(segment.ack)(end)};
  segment.payload_length = static_cast<std::uint32_t>(packet.payload.size());
  return segment;
}

Bytes as_bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

}  // namespace

struct World::Client {
  std::uint32_t id = 0;
  bool greeted = false;
  std::unique_ptr<MiniTcp> tcp;
  std::vector<Act> script;
  std::size_t act = 0;
  std::string stream;                           // all that it wrote
  std::uint32_t first_seq = 0;                  // the number of its first byte
  std::vector<bool> captured;                   // which of its bytes were
  std::vector<bool> read;                       // which of its bytes the target has read
  std::map<std::uint32_t, std::size_t> begins;  // where each request begins in it
  std::set<std::uint32_t> first_of_write;       // requests with which a write began
  std::map<std::uint32_t, bool> waited;         // it had read all responses before sending this one
  std::uint64_t expected = 0;
  std::uint64_t got = 0;
  bool awaiting = false;
  bool ended = false;   // the script is done
  bool broken = false;  // the network gave it no chance to finish
  bool server_closed = false;
  std::size_t tiny_at = 0;
};

struct World::OnlineSide {
  std::unique_ptr<MiniTcp> tcp;
  RequestReader reader;
};

struct World::TargetSide {
  std::unique_ptr<MiniTcp> tcp;
  RequestReader reader;
  FlowKey flow;
  bool greets = false;
  std::string head;  // until the first request tells whose it is
  Client* client = nullptr;
  std::size_t position = 0;  // in the client's stream
  std::size_t began_at = 0;
  std::vector<Request> queue;  // read, and not answered yet
  bool thinking = false;
  bool client_closed = false;
  bool in_the_middle = false;
};

World::World(Plan plan)
    : plan_(std::move(plan)),
      weather_(plan_.weather),
      dice_(plan_.seed),
      engine_(settings_of(weather_), rules(), session::SourceAddresses(), clockwork_.now()),
      router_(wire::kHeaderRecordSize),
      encoder_(mode_),
      decoder_(mode_) {
  std::uint32_t id = 0;
  for (const ClientPlan& client : plan_.clients) {
    clockwork_.after(client.starts_after, [this, &client, id = ++id] { start_client(id, client); });
  }
  if (weather_.link_breaks) {
    clockwork_.after(std::chrono::milliseconds(dice_.between(1, 1500)), [this] { break_link(); });
  }
  if (weather_.target_restarts) {
    clockwork_.after(std::chrono::milliseconds(dice_.between(1, 1500)),
                     [this] { restart_target(); });
  }
}

World::~World() = default;

void World::fail(const std::string& what) {
  if (!failure_.empty()) return;
  char time[32];
  std::snprintf(time, sizeof time, "%.6f s: ",
                std::chrono::duration<double>(clockwork_.now().time_since_epoch()).count() - 100);
  failure_ = time + what;
}

void World::note(const char* where, const Packet& packet) {
  if (!tracing_) return;
  std::string flags;
  for (const auto& [letter, bit] : {std::pair('S', TcpFlags::kSyn),
                                    {'F', TcpFlags::kFin},
                                    {'R', TcpFlags::kRst},
                                    {'A', TcpFlags::kAck}}) {
    if (packet.has(bit)) flags += letter;
  }
  const FlowKey flow{packet.source, packet.destination};
  if (packet.has(TcpFlags::kSyn)) traced_from_[flow] = packet.seq;
  const std::uint32_t ack =
      packet.has(TcpFlags::kAck) ? relative({packet.destination, packet.source}, packet.ack) : 0;
  std::printf("%10.6f %-18s %5u>%-5u %-3s seq %u ack %u len %zu win %u\n",
              std::chrono::duration<double>(clockwork_.now().time_since_epoch()).count() - 100,
              where, packet.source.port, packet.destination.port, flags.c_str(),
              relative(flow, packet.seq), ack, packet.payload.size(), packet.window);
}

// Counts from the flow's SYN.
std::uint32_t World::relative(const FlowKey& flow, std::uint32_t number) const {
  const auto from = traced_from_.find(flow);
  return from == traced_from_.end() ? number : number - from->second;
}

// --- the network

// Does to a packet what the plan wants done to it.
void World::tamper(Path path, const Packet& packet, const Deliver& hand_on) {
  Passage& passage = passages_[index(path)];
  const auto kind = plan_.tampering(path, passage.packets++);
  if (kind == Tampering::Kind::kDrop) return;
  if (kind == Tampering::Kind::kSwap && !passage.held_back) {
    passage.held_back = [packet, hand_on] { hand_on(packet); };
    clockwork_.after(kHeldBackAtMost, [this, &passage] { let_go(passage); });
    return;
  }
  hand_on(packet);
  if (kind == Tampering::Kind::kDuplicate) hand_on(packet);
  let_go(passage);
}

void World::let_go(Passage& passage) {
  if (const auto hand_on = std::exchange(passage.held_back, nullptr)) hand_on();
}

const Faults& World::faults_of(Path path) const {
  switch (path) {
    case Path::kClientOnline:
      return weather_.client_online;
    case Path::kOnlineClient:
      return weather_.online_client;
    case Path::kOnlineTarget:
      return weather_.online_target;
    case Path::kTargetAssistant:
    case Path::kCapture:
      break;
  }
  return weather_.target_assistant;
}

void World::travel(Path path, const Packet& packet, const Deliver& deliver) {
  tamper(path, packet, [this, deliver, &faults = faults_of(path)](const Packet& passing) {
    const int copies = dice_.chance(faults.duplication) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      if (dice_.chance(faults.loss)) continue;
      Duration delay = faults.delay;
      if (faults.jitter > 0ns) delay += Duration(dice_.between(0, faults.jitter.count()));
      clockwork_.after(delay, [passing, deliver] { deliver(passing); });
    }
  });
}

std::uint32_t World::draw_initial_number() {
  return plan_.near - static_cast<std::uint32_t>(dice_.between(0, plan_.near_range));
}

// --- the client and the online server

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

// --- the engine

void World::engine_input(const std::function<void()>& input) {
  in_engine_ = true;
  input();
  engine_.on_deadline(clockwork_.now(), {*this, *this});
  in_engine_ = false;
  // The wake-up ends: routes leave before the packets, as in the daemon.
  if (!routes_out_.empty()) {
    const auto bytes = std::exchange(routes_out_, {});
    const route::LinkId link = link_;
    clockwork_.after(std::chrono::microseconds(dice_.between(20, 400)), [this, bytes, link] {
      if (link != link_ || !link_up_) return;
      Bytes rest(bytes);
      while (!rest.empty()) {
        Bytes piece = rest.first(std::min<std::size_t>(rest.size(), 1 + dice_.next() % 20));
        rest = rest.subspan(piece.size());
        while (const auto message = route_decoder_.next(piece)) {
          router_.on_link_message(link, *message, clockwork_.now(), *this);
        }
      }
      flush_channel();
    });
  }
  if (!engine_.ledger().balanced()) fail("the ledger does not balance");
  schedule_engine();
}

void World::schedule_engine() {
  const Instant next = engine_.next_deadline();
  if (next == kNever || next >= engine_wake_) return;
  engine_wake_ = next;
  clockwork_.at(next, [this, next] {
    if (engine_wake_ != next) return;
    engine_wake_ = kNever;
    engine_input([] {});
  });
}

bool World::add_route(const FlowKey& flow) {
  if (!link_up_) return false;
  const auto bytes = wire::encode(wire::RouteMessage::add_route(flow));
  routes_out_.insert(routes_out_.end(), bytes.begin(), bytes.end());
  return true;
}

void World::send(const ReplaySegment& segment, std::span<const Bytes> payload) {
  check_sent(segment);
  Packet packet;
  packet.source = segment.source;
  packet.destination = segment.destination;
  packet.seq = segment.seq.raw;
  packet.ack = segment.ack.raw;
  packet.flags = segment.flags.bits;
  packet.window = segment.window;
  packet.options = segment.options;
  for (std::size_t i = 0; i < segment.sack_count; ++i)
    packet.sacks.emplace_back(segment.sacks[i].begin.raw, segment.sacks[i].end.raw);
  for (const Bytes piece : payload) {
    for (const std::byte byte : piece)
      packet.payload += static_cast<char>(byte);
  }
  for (const std::uint64_t value :
       {std::uint64_t{packet.seq}, std::uint64_t{packet.ack}, std::uint64_t{packet.flags},
        std::uint64_t{packet.payload.size()}}) {
    fingerprint_ = (fingerprint_ ^ value) * 1099511628211ULL;
  }
  note("replay", packet);
  travel(Path::kOnlineTarget, packet, [this](const Packet& p) { at_target(p); });
}

// --- the target

void World::at_target(const Packet& packet) {
  note("at target", packet);
  const FlowKey flow{packet.source, packet.destination};
  const auto found = target_.find(flow);
  const bool is_new = found == target_.end() || found->second->tcp->closed() ||
                      (found->second->tcp->finished() && packet.has(TcpFlags::kSyn));
  if (!is_new) {
    found->second->tcp->on_packet(packet);
    return;
  }
  if (packet.has(TcpFlags::kSyn)) {
    open_target(packet);
  } else if (!packet.has(TcpFlags::kRst)) {
    Packet rst;  // nobody is there
    rst.source = packet.destination;
    rst.destination = packet.source;
    rst.flags = TcpFlags::kRst;
    rst.seq = packet.ack;
    travel(Path::kTargetAssistant, rst, [this](const Packet& p) { at_assistant(p); });
  }
}

void World::open_target(const Packet& syn) {
  const FlowKey flow{syn.source, syn.destination};
  if (const auto old = target_.find(flow); old != target_.end()) {
    target_gone_.push_back(std::move(old->second));
  }
  auto& side = *(target_[flow] = std::make_unique<TargetSide>());
  side.flow = flow;
  side.greets = syn.destination == kTargetGreeting;
  last_ack_.erase(flow);
  MiniTcp::Events events;
  events.transmit = [this](const Packet& packet) {
    note("target", packet);
    travel(Path::kTargetAssistant, packet, [this](const Packet& p) { at_assistant(p); });
  };
  events.received = [this, &side](const std::string& bytes) { serve_target(side, bytes); };
  events.peer_closed = [&side] {
    side.client_closed = true;
    if (side.queue.empty()) side.tcp->close();
  };
  events.was_reset = [] {};
  // A further connection on the same ports has numbers clear of the last.
  const std::uint32_t iss = draw_initial_number() + (target_connections_[flow]++ << 24U);
  events.peer_erred = [this](const char* what) { fail(what); };
  side.tcp = std::make_unique<MiniTcp>(clockwork_, syn.destination, syn.source, iss,
                                       weather_.target_offers, events);
  side.tcp->accept(syn);
  if (side.greets) side.tcp->write(std::string(kGreeting, 'g'));
  if (weather_.target_stalls && dice_.chance(0.5)) {
    const auto from = std::chrono::milliseconds(dice_.between(1, 200));
    clockwork_.after(from, [&side] { side.tcp->stall(true); });
    clockwork_.after(from + std::chrono::seconds(dice_.between(1, 20)),
                     [&side] { side.tcp->stall(false); });
  }
}

void World::serve_target(TargetSide& side, const std::string& bytes) {
  check_read(side, bytes);
  if (side.in_the_middle) return;  // a real server would answer with an error
  side.reader.feed(bytes);
  while (const auto request = side.reader.next()) {
    // Turn order: a request whose sender had seen all responses finds the turn before it answered,
    // its first request at least.
    const auto begins_turn = [&](const Request& r) {
      return side.client != nullptr && side.client->waited[r.number];
    };
    // A greeting can only be waited for when the client's first ack was captured in order.
    const bool base_known = !side.greets || weather_.client_online.loss == 0;
    const bool unanswered = std::any_of(side.queue.begin(), side.queue.end(), begins_turn);
    if (base_known && unanswered && begins_turn(*request) && weather_.turn_order &&
        engine_.ledger().turn_expiries + engine_.ledger().turn_quiets == 0 &&
        !plan_.capture_misses() && weather_.response_delta == 0 && !target_was_restarted_) {
      fail("a request came before the answer to the one before it");
    }
    side.queue.push_back(*request);
  }
  if (side.reader.bad()) fail("the target read what is no request");
  if (!side.queue.empty() && !std::exchange(side.thinking, true)) {
    clockwork_.after(weather_.target_think, [this, &side] { answer(side, side.queue.front()); });
  }
}

void World::answer(TargetSide& side, const Request& request) {
  side.thinking = false;
  if (request.response == Request::kBye) {
    side.queue.clear();
    side.tcp->close();
    return;
  }
  const int length = std::max(1, static_cast<int>(request.response) + weather_.response_delta);
  side.queue.erase(side.queue.begin());
  if (!side.tcp->closed()) side.tcp->write(std::string(static_cast<std::size_t>(length), 'R'));
  if (!side.queue.empty()) {
    side.thinking = true;
    clockwork_.after(weather_.target_think, [this, &side] { answer(side, side.queue.front()); });
  } else if (side.client_closed) {
    side.tcp->close();
  }
}

void World::restart_target() {
  target_was_restarted_ = true;
  for (auto& [flow, side] : target_) {
    side->tcp->abort();
    target_gone_.push_back(std::move(side));
  }
  target_.clear();
}

// --- the assistant and the channel

void World::at_assistant(const Packet& packet) {
  const auto segment = to_segment<ReplaySegment>(packet);
  const Bytes payload = as_bytes(packet.payload);
  std::vector<std::byte> bytes(net::kMaxHeaders + packet.payload.size());
  bytes.resize(net::write_packet(segment, {&payload, 1}, 1, bytes));
  const auto parsed = net::parse_tcp_packet(bytes, net::Extent::kHeaders);
  if (!parsed) {
    fail("the simulator itself is wrong: a packet that does not parse");
    return;
  }
  router_.on_response(parsed.value, clockwork_.now(), *this);
  flush_channel();
}

void World::deliver(route::LinkId link, const net::TcpPacket& response) {
  if (link != link_ || !link_up_) return fail("a response for a link that is closed");
  encoder_.add(response);
}

void World::deliver_record(route::LinkId link, Bytes record) {
  if (link != link_ || !link_up_) return fail("a record for a link that is closed");
  encoder_.add(record);
}

void World::flush_channel() {
  if (encoder_.empty()) return;
  const Bytes out = encoder_.bytes();
  std::vector<std::byte> bytes(out.begin(), out.end());
  encoder_.clear();
  const route::LinkId link = link_;
  clockwork_.after(200us, [this, bytes, link] {  // in order: the delay is always the same
    if (link != link_ || !link_up_) return;
    engine_input([&] {
      Bytes rest(bytes);
      while (!rest.empty()) {
        Bytes piece = rest.first(std::min<std::size_t>(rest.size(), 1 + dice_.next() % 100));
        rest = rest.subspan(piece.size());
        while (const auto record = decoder_.next(piece)) {
          const auto response = wire::decode_response(*record);
          if (!response) {
            fail("a record that does not decode");
            return;
          }
          engine_.on_response(response.value, clockwork_.now(), {*this, *this});
        }
      }
    });
  });
}

void World::break_link() {
  link_up_ = false;
  router_.on_link_closed(link_++);
  decoder_ = wire::FrameDecoder(mode_);
  route_decoder_ = wire::RouteMessageDecoder();
  clockwork_.after(std::chrono::milliseconds(dice_.between(1, 5000)), [this] {
    link_up_ = true;
    engine_input([&] { engine_.on_route_restored(clockwork_.now(), {*this, *this}); });
  });
}

// --- the oracles

// Acknowledgments never regress, and nothing is acknowledged that the target has not sent.
void World::check_sent(const ReplaySegment& segment) {
  const FlowKey flow{segment.source, segment.destination};
  if (segment.flags.syn()) {
    last_ack_.erase(flow);
    return;
  }
  const auto side = target_.find(flow);
  if (!segment.flags.ack() || side == target_.end()) return;
  const std::uint32_t ack = segment.ack.raw;
  if (static_cast<std::int32_t>(side->second->tcp->sent_up_to() - ack) < 0 &&
      !side->second->tcp->closed()) {
    fail("acknowledges what the target never sent");
  }
  const auto [last, first_time] = last_ack_.try_emplace(flow, ack);
  if (!first_time && static_cast<std::int32_t>(ack - last->second) < 0) {
    fail("an acknowledgment regressed");
  }
  last->second = ack;
}

// Where capture missed the start of a stream, nothing tells its requests from their tails, so the
// replay may begin with one; but never with bytes that no client sent.
bool World::joined_in_the_middle(TargetSide& side) {
  for (const auto& client : clients_) {
    const std::size_t at = client->stream.find(side.head);
    if (at == std::string::npos) continue;
    side.client = client.get();
    side.began_at = at;
    side.position = at + side.head.size();
    side.in_the_middle = true;
    return true;
  }
  return false;
}

// What the target reads is the client's stream, from the start of one of its requests on.
void World::check_read(TargetSide& side, const std::string& bytes) {
  if (side.in_the_middle) return;
  std::string fresh = bytes;
  if (side.client == nullptr) {
    side.head += bytes;
    if (side.head.size() < Request::kHeader) return;
    const auto request = Request::parse(side.head);
    const auto owner = std::find_if(clients_.begin(), clients_.end(), [&](const auto& client) {
      return request && client->id == request->client;
    });
    if (owner == clients_.end() && plan_.capture_misses() && joined_in_the_middle(side)) return;
    if (owner == clients_.end() || !(*owner)->begins.contains(request->number)) {
      fail("the target read bytes that no client sent");
      return;
    }
    side.client = owner->get();
    side.position = side.began_at = side.client->begins[request->number];
    fresh = side.head;
  }
  const std::string& stream = side.client->stream;
  if (stream.compare(side.position, fresh.size(), fresh) != 0 ||
      side.position + fresh.size() > stream.size()) {
    fail("the target read other bytes than the client sent");
    return;
  }
  std::fill_n(side.client->read.begin() + static_cast<std::ptrdiff_t>(side.position), fresh.size(),
              true);
  side.position += fresh.size();
}

void World::check_end() {
  const session::Ledger& ledger = engine_.ledger();
  if (engine_.sessions() != 0) return fail("a session never ended");
  if (engine_.timers() != 0) return fail("a timer is left");
  if (ledger.held.bytes != 0 || ledger.held.packets != 0) return fail("bytes are still held");
  if (plan_.capture_misses() || target_was_restarted_) return;
  for (const auto& client : clients_) {
    const bool bye = client->server_closed;
    if (!client->ended || client->broken || (!client->tcp->finished() && !bye)) continue;
    std::size_t connections = 0;
    std::size_t longest = 0;
    const auto count = [&](const TargetSide& side) {
      if (side.client != client.get()) return;
      ++connections;
      if (side.began_at == 0) longest = std::max(longest, side.position);
    };
    for (const auto& [flow, side] : target_)
      count(*side);
    for (const auto& side : target_gone_)
      count(*side);
    if (connections != 1 || longest != client->stream.size()) {
      fail("client " + std::to_string(client->id) + " sent " +
           std::to_string(client->stream.size()) + " bytes; the target read " +
           std::to_string(longest) + " on " + std::to_string(connections) + " connections");
    }
  }
}

std::vector<Fate> World::fates() const {
  std::vector<Fate> fates;
  for (const auto& client : clients_) {
    for (const auto& [number, begin] : client->begins) {
      const auto next = client->begins.upper_bound(number);
      const std::size_t end = next == client->begins.end() ? client->stream.size() : next->second;
      const auto all = [begin = begin, end](const std::vector<bool>& marks) {
        return std::find(marks.begin() + static_cast<std::ptrdiff_t>(begin),
                         marks.begin() + static_cast<std::ptrdiff_t>(end),
                         false) == marks.begin() + static_cast<std::ptrdiff_t>(end);
      };
      fates.push_back({client->id, number, client->first_of_write.contains(number),
                       all(client->captured), all(client->read)});
    }
  }
  return fates;
}

std::string World::run() {
  const Instant limit = clockwork_.now() + kPatience;
  Instant last;
  std::uint64_t steps_there = 0;
  while (failure_.empty() && clockwork_.step(limit)) {
    steps_there = clockwork_.now() == last ? steps_there + 1 : 0;
    last = clockwork_.now();
    if (steps_there > 100'000) fail("time stands still");
  }
  if (failure_.empty()) check_end();
  return failure_;
}

}  // namespace tcpcopy::sim
