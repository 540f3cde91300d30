// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/client.hh"

#include <utility>

namespace tcpcopy::sim {
namespace {

constexpr Duration kBetweenTiny = std::chrono::microseconds(300);

// A further connection on the same ports has numbers clear of the last.
std::uint32_t draw_first_seq(Stage& stage, std::uint32_t id, const ClientPlan& plan) {
  return stage.draw_initial_number() + (plan.reuses_ports ? id << 24U : 0) + 1;
}

}  // namespace

Client::Client(Stage& stage, std::uint32_t id, const Ends& ends, const ClientPlan& plan,
               Path& to_online)
    : stage_(stage),
      id_(id),
      ends_(ends),
      script_(plan.script),
      first_seq_(draw_first_seq(stage, id, plan)),
      tcp_(stage.clockwork(), ends.self, ends.online, first_seq_ - 1, plan.offers,
           events(to_online)) {
  if (!plan.greeted) return;
  expected_ = kGreeting;
  awaiting_ = true;
}

MiniTcp::Events Client::events(Path& to_online) {
  MiniTcp::Events events;
  events.transmit = [this, &to_online](const Packet& packet) {
    stage_.note("client", packet);
    to_online.carry(packet);
  };
  events.received = [this](const std::string& bytes) { on_bytes(bytes.size()); };
  events.peer_closed = [this] {
    server_closed_ = true;
    tcp_.close();
  };
  events.was_reset = [this] { broken_ = broken_ || !ended_; };
  events.peer_erred = [](const char*) {};
  return events;
}

void Client::start() {
  tcp_.connect();
  if (!awaiting_) go_on();
}

void Client::on_bytes(std::size_t size) {
  got_ += size;
  if (!awaiting_ || got_ < expected_) return;
  awaiting_ = false;
  go_on();
}

// Does one act after the other, as far as they do not wait.
void Client::go_on() {
  while (act_ < script_.size()) {
    if (!act(script_[act_])) return;
  }
  ended_ = true;
}

// @return whether the next one may follow now.
bool Client::act(const Act& act) {
  if (act.kind == Act::Kind::kSendTiny && !send_tiny(act)) return false;
  ++act_;
  switch (act.kind) {
    case Act::Kind::kSend:
      send(act);
      break;
    case Act::Kind::kSendTiny:
      break;
    case Act::Kind::kAwait:
      awaiting_ = got_ < expected_;
      return !awaiting_;
    case Act::Kind::kPause:
      stage_.after(std::chrono::milliseconds(act.pause_ms), [this] { go_on(); });
      return false;
    case Act::Kind::kKeepAlive:
      tcp_.send_keep_alive();
      break;
    case Act::Kind::kClose:
      tcp_.close();
      break;
    case Act::Kind::kAbort:
      ended_ = true;
      tcp_.abort();
      break;
  }
  return true;
}

void Client::send(const Act& act) {
  const std::size_t from = stream_.size();
  first_of_write_.insert(act.requests.front().number);
  for (const Request& request : act.requests)
    write_down(request);
  tcp_.write(stream_.substr(from));
}

// @return whether the last byte is out.
bool Client::send_tiny(const Act& act) {
  if (tiny_at_ == 0) {
    tiny_at_ = stream_.size();
    first_of_write_.insert(act.requests.front().number);
    write_down(act.requests.front());
  }
  tcp_.write(stream_.substr(tiny_at_++, 1));
  if (tiny_at_ < stream_.size()) {
    stage_.after(kBetweenTiny, [this] { go_on(); });
    return false;
  }
  tiny_at_ = 0;
  return true;
}

void Client::write_down(const Request& request) {
  begins_[request.number] = stream_.size();
  if (got_ >= expected_) had_read_all_.insert(request.number);
  stream_ += request.to_bytes();
  if (request.response != Request::kBye) expected_ += request.response;
}

std::size_t Client::end_of(std::uint32_t request) const {
  const auto next = begins_.upper_bound(request);
  return next == begins_.end() ? stream_.size() : next->second;
}

}  // namespace tcpcopy::sim
